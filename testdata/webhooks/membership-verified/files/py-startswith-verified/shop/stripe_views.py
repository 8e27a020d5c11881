import json, stripe
def hook(request):
    try:
        event = stripe.Webhook.construct_event(request.body, request.headers['Stripe-Signature'], settings.STRIPE_WEBHOOK_SECRET)
    except Exception:
        return HttpResponse(status=400)
    if event['type'].startswith('invoice.') or event['type'] in ('charge.refunded',):
        sync(event['data']['object'])
    return HttpResponse(status=200)
