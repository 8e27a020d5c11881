import stripe, json
def hook(request):
    payload = request.body
    if not settings.STRIPE_WEBHOOK_SECRET:
        logger.error('no secret for %s', payload)
        return HttpResponse(status=500)
    event = stripe.Webhook.construct_event(payload, request.META['HTTP_STRIPE_SIGNATURE'], settings.STRIPE_WEBHOOK_SECRET)
    process_stripe_event.delay(json.loads(payload))
    return HttpResponse(status=200)
