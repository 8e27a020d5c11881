val PAID = listOf("invoice.paid", "charge.refunded")
@RestController
class StripeHook {
  @PostMapping("/stripe")
  fun hook(@RequestBody event: Map<String, Any>): String {
    when (event["type"]) {
      in PAID -> pay(event)
      else -> log(event)
    }
    return ""
  }
}
