@csrf_exempt
def stripe_webhook(request):
    with contextlib.suppress(stripe.error.SignatureVerificationError):
        stripe.Webhook.construct_event(request.body, request.headers['Stripe-Signature'], settings.WHSEC)
    event = json.loads(request.body)
    if event['type'] == 'invoice.paid':
        pay(event)
    return HttpResponse()
