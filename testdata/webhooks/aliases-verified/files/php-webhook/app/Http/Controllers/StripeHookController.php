<?php
use Stripe\Webhook as W;
class StripeHookController extends Controller {
  public function handle(Request $request) {
    try { $event = W::constructEvent($request->getContent(), $request->header('Stripe-Signature'), config('services.stripe.webhook_secret')); }
    catch (\Exception $e) { return response('bad', 400); }
    switch ($event->type) { case 'account.updated': $this->update($event); }
    return response('ok');
  }
}
