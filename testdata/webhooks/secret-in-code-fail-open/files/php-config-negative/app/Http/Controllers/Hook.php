<?php
class Hook {
  public function __invoke(Request $request) {
    $event = \Stripe\Webhook::constructEvent($request->getContent(), $request->header('Stripe-Signature'), config('services.stripe.webhook_secret'));
    if ($event->type === 'invoice.paid') { extend($event); }
    return response('ok');
  }
}
