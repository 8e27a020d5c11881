package com.acme.billing;

import com.stripe.Stripe;
import jakarta.annotation.PostConstruct;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Configuration;

@Configuration
class StripeConfiguration {
  @Value("${stripe.api-key}")
  private String apiKey;

  @PostConstruct
  void configure() {
    Stripe.apiKey = apiKey;
  }
}
