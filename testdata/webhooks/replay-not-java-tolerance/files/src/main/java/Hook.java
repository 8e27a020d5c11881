import com.stripe.net.Webhook;
public class Hook {
  void check(String payload, String sig) throws Exception {
    Webhook.Signature.verifyHeader(payload, sig, secret, Webhook.DEFAULT_TOLERANCE);
    Webhook.Signature.verifyHeader(payload, sig, secret, Duration.ofMinutes(5).toSeconds());
  }
}
