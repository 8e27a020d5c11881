fun Route.stripe() = post("/stripe") {
  val event = Webhook.constructEvent(call.receiveText(), call.request.header("Stripe-Signature"), secret)
  when (event.type) { "invoice.paid" -> extend(event) }
  call.respond(HttpStatusCode.OK)
}
