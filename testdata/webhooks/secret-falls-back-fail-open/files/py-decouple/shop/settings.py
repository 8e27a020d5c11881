STRIPE_ENDPOINT_SECRET = config('STRIPE_ENDPOINT_SECRET', default='whsec_fake')
