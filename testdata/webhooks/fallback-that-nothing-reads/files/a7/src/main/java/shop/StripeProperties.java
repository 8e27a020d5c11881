class StripeProperties { String secret = Optional.ofNullable(System.getenv("STRIPE_WEBHOOK_SECRET")).orElse("whsec_x"); }
