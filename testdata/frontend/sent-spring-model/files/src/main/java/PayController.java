@Controller
public class PayController {
  @Value("${stripe.secret.key}")
  private String stripeSecretKey;
  @GetMapping("/pay")
  public String pay(Model model) {
    model.addAttribute("stripeKey", stripeSecretKey);
    return "pay";
  }
}
