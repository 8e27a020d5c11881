<?php
namespace App\Controller;
use Symfony\Component\HttpFoundation\Request;
class StripeHook {
  public function __invoke(Request $r) {
    $event = $r->toArray();
    if ($event['type'] === 'invoice.paid') { $this->pay($event); }
  }
}
