class Hook { StripeProperties properties;
  @PostMapping void hook(@RequestBody String body, @RequestHeader("Stripe-Signature") String sig) { Event event = Webhook.constructEvent(body, sig, properties.secret); } }
