<?php
namespace Stripe;
abstract class Webhook {
  public static function constructEvent($payload, $sigHeader, $secret, $tolerance = 300) {
    WebhookSignature::verifyHeader($payload, $sigHeader, $secret, $tolerance);
    $data = \json_decode($payload, true);
    return Event::constructFrom($data);
  }
}
