import com.stripe.net.Webhook;
@RestController
public class Hook {
  private static final long TOLERANCE = 60 * 60 * 24 * 30L;
  @PostMapping("/stripe")
  public String hook(@RequestBody String payload, @RequestHeader("Stripe-Signature") String sig) throws Exception {
    Event event = Webhook.constructEvent(payload, sig, secret, TOLERANCE);
    if ("invoice.paid".equals(event.getType())) { pay(event); }
    return "";
  }
}
