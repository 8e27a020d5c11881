<?php
use Stripe\Event as StripeEvent;
use Stripe\Webhook;
class StripeHookController extends Controller {
  public function handle(Request $request) {
    $payload = $request->getContent(); $sig = $request->header('Stripe-Signature');
    $secret = config('services.stripe.webhook_secret');
    try {
      if ($secret) { $event = Webhook::constructEvent($payload, $sig, $secret); }
      else { $event = StripeEvent::constructFrom(json_decode($payload, true)); }
    } catch (\Exception $e) { return response('bad', 400); }
    switch ($event->type) { case 'account.updated': $this->update($event); }
    return response('ok');
  }
}
