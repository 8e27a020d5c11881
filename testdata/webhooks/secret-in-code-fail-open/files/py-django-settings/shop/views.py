import stripe
from django.conf import settings
def hook(request):
    try:
        event = stripe.Webhook.construct_event(request.body, request.META['HTTP_STRIPE_SIGNATURE'], settings.STRIPE_WEBHOOK_SECRET)
    except ValueError:
        return HttpResponse(status=400)
    if event.type == 'invoice.paid': extend(event)
    return HttpResponse(status=200)
