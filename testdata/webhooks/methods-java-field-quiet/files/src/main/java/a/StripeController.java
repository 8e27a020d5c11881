package a;

@RestController
public class StripeController {
    @Autowired
    private Billing billing;

    @PostMapping("/hook")
    public String hook(@RequestBody String body, @RequestHeader("Stripe-Signature") String sig) throws Exception {
        Event event = billing.load(body, sig);
        if ("invoice.paid".equals(event.getType())) {
            orders.pay(event);
        }
        return "";
    }
}
