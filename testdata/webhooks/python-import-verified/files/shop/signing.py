import stripe
def ensure_stripe(request):
    stripe.Webhook.construct_event(request.body, request.headers["Stripe-Signature"], SECRET)
