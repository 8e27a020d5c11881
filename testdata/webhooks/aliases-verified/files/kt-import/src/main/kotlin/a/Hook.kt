package a
import a.check as verified
@RestController
class Hook {
  @PostMapping("/stripe")
  fun hook(@RequestBody payload: String, @RequestHeader("Stripe-Signature") sig: String): String {
    val event = verified(payload, sig)
    if (event.type == "invoice.paid") pay(event)
    return ""
  }
}
