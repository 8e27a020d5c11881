package com.acme;

import com.google.gson.JsonSyntaxException;
import com.stripe.exception.SignatureVerificationException;
import com.stripe.model.Event;
import com.stripe.net.ApiResource;
import com.stripe.net.Webhook;
import org.springframework.beans.factory.annotation.Value;
import lombok.AllArgsConstructor;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.*;

@RestController
@AllArgsConstructor
public class StripeWebhookController {
    @Value("${stripe.webhook.secret}")
    private String endpointSecret;

    @PostMapping("/webhook")
    public ResponseEntity<String> hook(@RequestBody String payload, @RequestHeader("Stripe-Signature") String sigHeader) {
        Event event = ApiResource.GSON.fromJson(payload, Event.class);
        if (endpointSecret != null && !endpointSecret.isEmpty()) {
            try {
                event = Webhook.constructEvent(payload, sigHeader, endpointSecret);
            } catch (SignatureVerificationException e) {
                return ResponseEntity.status(400).body("");
            }
        }
        switch (event.getType()) {
            case "payment_intent.succeeded":
                paid(event);
                break;
        }
        return ResponseEntity.ok("");
    }
}
