import stripe, os, json
SECRET = os.environ.get('STRIPE_WEBHOOK_SECRET')
if not SECRET:
    raise RuntimeError('missing')
def hook(request):
    if SECRET:
        event = stripe.Webhook.construct_event(request.body, request.headers['Stripe-Signature'], SECRET)
    else:
        event = json.loads(request.body)
    if event['type'] == 'invoice.paid':
        pay(event)
    return HttpResponse(status=200)
