@RestController
public class Hooks {
  @PostMapping("/stripe") String a(@RequestBody String p, @RequestHeader("Stripe-Signature") String s) throws Exception {
    Event e = Webhook.constructEvent(p, s, secret);
    if (e.getType().equals("invoice.paid")) pay(e);
    return "";
  }
  @PostMapping("/stripe/connect") String b(@RequestBody String p) throws Exception {
    Event e = ApiResource.GSON.fromJson(p, Event.class);
    if (e.getType().equals("account.updated")) update(e);
    return "";
  }
}
