@RestController
class StripeHook {
  private val handlers = mapOf("invoice.paid" to ::paid, "charge.refunded" to ::refunded)
  @PostMapping("/stripe")
  fun hook(@RequestBody event: Map<String, Any>): String {
    handlers[event["type"]]?.invoke(event)
    return ""
  }
}
