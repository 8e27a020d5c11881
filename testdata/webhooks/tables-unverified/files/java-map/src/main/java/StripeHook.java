@RestController
class StripeHook {
  private final Map<String, Consumer<Object>> handlers = Map.of("invoice.paid", this::paid, "charge.refunded", this::refunded);
  @PostMapping("/stripe")
  String hook(@RequestBody Map<String, Object> event) {
    handlers.getOrDefault(event.get("type"), this::none).accept(event);
    return "";
  }
}
