import stripe
from datetime import timedelta
MAX_AGE = int(timedelta(days=2).total_seconds())
def hook(request):
    event = stripe.Webhook.construct_event(request.body, request.META['HTTP_STRIPE_SIGNATURE'], settings.WHSEC, MAX_AGE)
    if event['type'] == 'invoice.paid':
        pay(event)
    return HttpResponse()
