import com.stripe.net.Webhook;
@RestController
public class Hook {
  @Value("${stripe.webhook.secret}")
  private String endpointSecret;
  @PostMapping("/hook")
  public ResponseEntity<String> hook(@RequestBody String payload, @RequestHeader("Stripe-Signature") String sig) {
    Event event;
    try {
      event = Webhook.constructEvent(payload, sig, endpointSecret);
    } catch (SignatureVerificationException e) {
      return ResponseEntity.badRequest().build();
    }
    if ("invoice.paid".equals(event.getType())) { extend(event); }
    return ResponseEntity.ok("");
  }
}
