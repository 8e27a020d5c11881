fun Route.stripeRoutes() {
  post("/stripe/webhook") {
    val event = call.receive<StripeEvent>()
    if (event.type == "checkout.session.completed") orders.paid(event.data.obj)
    call.respond(HttpStatusCode.OK)
  }
}
