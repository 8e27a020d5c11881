@RestController
class StripeHook {
  @PostMapping("/stripe")
  String hook(@RequestBody Map<String, Object> event) {
    String type = (String) event.get("type");
    if (type.startsWith("customer.subscription.")) sync(event);
    return "";
  }
}
