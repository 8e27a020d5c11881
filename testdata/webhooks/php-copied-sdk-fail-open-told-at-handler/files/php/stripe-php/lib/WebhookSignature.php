<?php
namespace Stripe;
abstract class WebhookSignature {
  public static function verifyHeader($payload, $header, $secret, $tolerance = null) {
    $expected = \hash_hmac('sha256', $payload, $secret);
    foreach (self::signatures($header) as $signature) {
      if (Util\Util::secureCompare($expected, $signature)) { return true; }
    }
    throw new SignatureVerificationException();
  }
}
