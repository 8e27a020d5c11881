fun Route.paymentHooks() {
    post("/payments/hook") {
        val event = call.receive<JsonObject>()
        when (event["type"]?.jsonPrimitive?.content) {
            "payment_intent.succeeded" -> fulfil(event)
            else -> {}
        }
        call.respond(HttpStatusCode.OK)
    }
}
