package com.acme.web;

import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.*;
import com.stripe.model.Event;
import org.other.Billing;
@RestController
public class StripeController {
    private final Billing billing;
    public StripeController(Billing billing) { this.billing = billing; }

    @PostMapping("/stripe/webhook")
    public ResponseEntity<String> hook(@RequestBody String payload, @RequestHeader("Stripe-Signature") String sig) throws Exception {
        Event event = billing.load(payload, sig);
        if ("checkout.session.completed".equals(event.getType())) {
            markPaid(event);
        }
        return ResponseEntity.ok("");
    }
}
