@Controller
public class PayController {
  @Value("${stripe.secret.key}")
  private String stripeSecretKey;
  @Value("${stripe.public.key}")
  private String stripePublicKey;
  @PostConstruct
  public void init() { Stripe.apiKey = stripeSecretKey; }
  @GetMapping("/pay")
  public String pay(Model model) {
    model.addAttribute("stripePublicKey", stripePublicKey);
    return "pay";
  }
}
