STRIPE_WEBHOOK_SECRET = 'whsec_placeholder'
