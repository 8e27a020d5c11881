package config
// stripe
func Load() Config { return Config{WebhookSecret: getEnv("STRIPE_WEBHOOK_SECRET", "whsec_dev")} }
