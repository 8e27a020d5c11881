import com.stripe.net.Webhook
const val ENDPOINT_SECRET = "whsec_your_secret"
fun Route.hook() {
    post("/webhook") {
        val payload = call.receiveText()
        val event = try { Webhook.constructEvent(payload, call.request.header("Stripe-Signature"), ENDPOINT_SECRET) } catch (e: SignatureVerificationException) {
            call.respond(HttpStatusCode.BadRequest)
            return@post
        }
        when (event.type) { "invoice.paid" -> extend(event) }
    }
}
