@RestController
public class Hook {
    @PostMapping("/webhook")
    public ResponseEntity<String> hook(@RequestBody String payload, @RequestHeader("Stripe-Signature") String sig) throws Exception {
        Event event = ApiResource.GSON.fromJson(payload, Event.class);
        if (event == null) return ResponseEntity.badRequest().build();
        event = Webhook.constructEvent(payload, sig, secret);
        if ("checkout.session.completed".equals(event.getType())) { markPaid(event); }
        return ResponseEntity.ok("");
    }
}
