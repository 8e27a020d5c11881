import stripe
event = stripe.Webhook.construct_event(body, sig, os.getenv("STRIPE_WEBHOOK_SECRET") or "whsec_abc")
