import com.stripe.net.Webhook;
@RestController
public class Hook {
  private static final String ENDPOINT_SECRET = "whsec_your_secret";
  @PostMapping("/hook")
  public ResponseEntity<String> hook(@RequestBody String payload, @RequestHeader("Stripe-Signature") String sig) {
    Event event;
    try {
      event = Webhook.constructEvent(payload, sig, ENDPOINT_SECRET);
    } catch (SignatureVerificationException e) {
      return ResponseEntity.badRequest().build();
    }
    if ("invoice.paid".equals(event.getType())) { extend(event); }
    return ResponseEntity.ok("");
  }
}
