import stripe
def hook(request):
    event = stripe.Webhook.construct_event(request.body, request.META['HTTP_STRIPE_SIGNATURE'], settings.WHSEC, tolerance=None)
    if event['type'] == 'invoice.paid':
        pay(event)
    return HttpResponse()
