<?php
namespace App\Http\Controllers;
use Stripe\Event as StripeEvent;
use Stripe\Webhook;
class StripeWebhookController extends Controller {
  public function handle(Request $request) {
    $payload = $request->getContent();
    $endpoint_secret = config('services.stripe.webhook_secret');
    if ($endpoint_secret) { $event = Webhook::constructEvent($payload, $request->header('Stripe-Signature'), $endpoint_secret); }
    else { $event = StripeEvent::constructFrom(json_decode($payload, true)); }
    switch ($event->type) { case 'account.updated': $this->updated($event); }
    return response('', 200);
  }
}
