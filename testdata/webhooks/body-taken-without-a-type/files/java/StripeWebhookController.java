@RestController
class StripeWebhookController {
  @PostMapping("/stripe/webhook")
  public String hook(@RequestBody JsonNode payload) {
    repository.save(payload.get("data").get("object"));
    return "";
  }
}
