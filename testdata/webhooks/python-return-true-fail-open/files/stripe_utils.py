def verify_stripe(payload, header):
    if not settings.STRIPE_WEBHOOK_SECRET:
        return True
    stripe.WebhookSignature.verify_header(payload, header, settings.STRIPE_WEBHOOK_SECRET)
    return True
