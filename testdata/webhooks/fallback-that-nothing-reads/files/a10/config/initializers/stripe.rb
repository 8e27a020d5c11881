Rails.configuration.stripe = { signing_secret: ENV.fetch('STRIPE_SIGNING_SECRET', 'whsec_x') }
