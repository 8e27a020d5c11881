secret = System.get_env("STRIPE_WEBHOOK_SECRET", "whsec_x")
