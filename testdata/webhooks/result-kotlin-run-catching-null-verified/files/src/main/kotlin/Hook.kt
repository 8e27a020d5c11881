fun Application.module() {
    routing {
        post("/stripe") {
            val body = call.receiveText()
            val event = runCatching { Webhook.constructEvent(body, call.request.header("Stripe-Signature"), secret) }.getOrNull()
                ?: return@post call.respond(HttpStatusCode.BadRequest)
            if (event.type == "invoice.paid") pay(event)
            call.respond(HttpStatusCode.OK)
        }
    }
}
