import stripe
EVENTS = {'invoice.paid', 'invoice.created'}
def hook(request):
    sent = json.loads(request.body)
    if sent['type'] not in EVENTS:
        return HttpResponse(status=200)
    try:
        event = stripe.Webhook.construct_event(request.body, request.headers['Stripe-Signature'], SECRET)
    except ValueError:
        return HttpResponse(status=400)
    pay(event)
    return HttpResponse(status=200)
