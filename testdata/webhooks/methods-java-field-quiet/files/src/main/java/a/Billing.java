package a;

@Service
public class Billing {
    public Event load(String body, String sig) throws Exception {
        return Webhook.constructEvent(body, sig, System.getenv("STRIPE_WEBHOOK_SECRET"));
    }
}
