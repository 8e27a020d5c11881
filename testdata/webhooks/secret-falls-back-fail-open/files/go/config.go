package config
var stripeSecret = getEnv("STRIPE_WEBHOOK_SECRET", "whsec_local")
