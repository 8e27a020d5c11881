<?php
class Hook {
  const SECRET = 'your_webhook_signing_secret';
  public function __invoke(Request $request) {
    try {
      $event = \Stripe\Webhook::constructEvent($request->getContent(), $request->header('Stripe-Signature'), self::SECRET);
    } catch (\Exception $e) { return response('', 400); }
    if ($event->type === 'invoice.paid') { extend($event); }
    return response('ok');
  }
}
