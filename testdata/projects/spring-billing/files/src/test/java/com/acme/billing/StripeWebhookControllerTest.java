package com.acme.billing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StripeWebhookControllerTest {
  @Test
  void whatIsNotSignedIsRefused() {
    var controller = new StripeWebhookController(null, "whsec_test");
    assertThat(controller.receive("{}", "t=1,v1=00").getStatusCode().value()).isEqualTo(400);
  }
}
