@RestController
class StripeHook {
  @PostMapping("/stripe")
  fun hook(@RequestBody event: Map<String, Any>): String {
    if (event["type"] in setOf("invoice.paid", "charge.refunded")) pay(event)
    return ""
  }
}
