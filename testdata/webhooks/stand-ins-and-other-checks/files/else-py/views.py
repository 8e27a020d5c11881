import stripe, json
def hook(request):
    payload = request.body
    if settings.STRIPE_WEBHOOK_SECRET:
        try:
            event = stripe.Webhook.construct_event(payload, request.META['HTTP_STRIPE_SIGNATURE'], settings.STRIPE_WEBHOOK_SECRET)
        except Exception:
            return HttpResponse(status=400)
    else:
        event = json.loads(payload)
    process_stripe_event.delay(event)
    return HttpResponse(status=200)
