<?php
namespace App;
use Stripe\Webhook;
class Hook {
  private const TOLERANCE = 172800;
  public function handle($request) {
    $event = Webhook::constructEvent($request->getContent(), $request->headers->get('stripe-signature'), $this->secret, self::TOLERANCE);
    if ($event->type === 'invoice.paid') { $this->pay($event); }
  }
}
