fun Application.module() { routing { get("/config") { call.respond(mapOf("stripeSecretKey" to System.getenv("STRIPE_SECRET_KEY"))) } } }
