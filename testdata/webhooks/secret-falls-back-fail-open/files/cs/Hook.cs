using Stripe;
class Hook { string secret = Environment.GetEnvironmentVariable("STRIPE_WEBHOOK_SECRET") ?? "whsec_x"; }
