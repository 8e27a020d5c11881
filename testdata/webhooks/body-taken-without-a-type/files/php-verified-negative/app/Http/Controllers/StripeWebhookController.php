<?php
class StripeWebhookController extends Controller {
  public function receive(Request $request) {
    $event = \Stripe\Webhook::constructEvent($request->getContent(), $request->header('Stripe-Signature'), config('services.stripe.webhook_secret'));
    StripeEventJob::dispatch($request->input('type'), $request->input('data.object'));
    return response('ok');
  }
}
