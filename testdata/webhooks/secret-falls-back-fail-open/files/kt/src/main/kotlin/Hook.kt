val secret = System.getenv("STRIPE_WEBHOOK_SECRET") ?: "whsec_dev"
