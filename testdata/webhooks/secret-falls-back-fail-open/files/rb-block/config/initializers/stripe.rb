SECRET = ENV.fetch("STRIPE_WEBHOOK_SECRET") { "whsec_x" }
