package shop;
@RestController
class PaymentHook {
  @PostMapping("/hooks/payments")
  String hook(@RequestBody Map<String, Object> event) {
    if ("invoice.paid".equals(event.get("type"))) { extend(event); }
    return "ok";
  }
}
