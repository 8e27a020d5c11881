@RestController
public class PayController {
  @Value("${stripe.secretKey}")
  private String stripeSecretKey;
  @GetMapping("/config")
  public Map<String, String> config() {
    return Map.of("secretKey", stripeSecretKey);
  }
}
