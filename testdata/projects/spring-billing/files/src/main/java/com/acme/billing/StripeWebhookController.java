package com.acme.billing;

import com.stripe.exception.SignatureVerificationException;
import com.stripe.model.Event;
import com.stripe.net.Webhook;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

@RestController
class StripeWebhookController {
  private final Invoices invoices;
  private final String secret;

  StripeWebhookController(Invoices invoices, @Value("${stripe.webhook-secret}") String secret) {
    this.invoices = invoices;
    this.secret = secret;
  }

  @PostMapping("/stripe/events")
  ResponseEntity<Void> receive(@RequestBody String payload, @RequestHeader("Stripe-Signature") String signature) {
    Event event;
    try {
      event = Webhook.constructEvent(payload, signature, secret);
    } catch (SignatureVerificationException e) {
      return ResponseEntity.badRequest().build();
    }
    switch (event.getType()) {
      case "invoice.paid" -> invoices.paid(event);
      case "invoice.payment_failed" -> invoices.failed(event);
      default -> {}
    }
    return ResponseEntity.ok().build();
  }
}
