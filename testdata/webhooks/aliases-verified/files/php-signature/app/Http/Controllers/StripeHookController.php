<?php
use Stripe\WebhookSignature as Sig;
class StripeHookController extends Controller {
  public function handle(Request $request) {
    try { Sig::verifyHeader($request->getContent(), $request->header('Stripe-Signature'), config('services.stripe.webhook_secret'), 300); }
    catch (\Exception $e) { return response('bad', 400); }
    $event = $request->all();
    switch ($event['type']) { case 'account.updated': $this->update($event); }
    return response('ok');
  }
}
