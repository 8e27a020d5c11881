package a
fun check(body: String, sig: String): Event { return Webhook.constructEvent(body, sig, System.getenv("STRIPE_WEBHOOK_SECRET")) }
