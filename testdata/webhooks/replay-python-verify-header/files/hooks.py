import stripe
def hook(request):
    try:
        stripe.WebhookSignature.verify_header(request.body.decode(), request.headers['Stripe-Signature'], settings.WHSEC)
    except stripe.error.SignatureVerificationError:
        return HttpResponse(status=400)
    event = json.loads(request.body)
    if event['type'] == 'invoice.paid':
        pay(event)
    return HttpResponse()
