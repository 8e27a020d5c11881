<?php
namespace Stripe\Util;
abstract class Util {
  public static function secureCompare($a, $b) {
    return \hash_equals($a, $b);
  }
}
