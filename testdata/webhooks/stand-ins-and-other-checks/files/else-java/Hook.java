import com.stripe.net.Webhook;
@RestController
class Hook {
  @PostMapping("/hook")
  public String hook(@RequestBody String payload, @RequestHeader("Stripe-Signature") String sig) throws Exception {
    JsonNode event;
    if (webhookSecret != null && !webhookSecret.isEmpty()) {
      event = mapper.valueToTree(Webhook.constructEvent(payload, sig, webhookSecret));
    } else {
      event = mapper.readTree(payload);
    }
    dispatcher.dispatch(event);
    return "";
  }
}
