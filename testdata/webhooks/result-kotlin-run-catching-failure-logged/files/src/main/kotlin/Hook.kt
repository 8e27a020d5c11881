fun Application.module() {
    routing {
        post("/stripe") {
            val body = call.receiveText()
            runCatching { Webhook.constructEvent(body, call.request.header("Stripe-Signature"), secret) }
                .onFailure { logger.warn("bad signature", it) }
            val event = Json.decodeFromString<StripeEvent>(body)
            if (event.type == "invoice.paid") pay(event)
            call.respond(HttpStatusCode.OK)
        }
    }
}
