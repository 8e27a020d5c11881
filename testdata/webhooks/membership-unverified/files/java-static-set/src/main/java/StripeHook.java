@RestController
class StripeHook {
  private static final Set<String> PAID = Set.of("invoice.paid", "charge.refunded");
  @PostMapping("/stripe")
  String hook(@RequestBody Map<String, Object> event) {
    if (PAID.contains(event.get("type"))) pay(event);
    return "";
  }
}
