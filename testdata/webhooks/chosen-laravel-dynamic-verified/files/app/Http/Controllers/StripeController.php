<?php
class StripeController extends Controller {
  public function handle(Request $request) {
    $event = \Stripe\Webhook::constructEvent($request->getContent(), $request->header('Stripe-Signature'), config('services.stripe.webhook_secret'));
    $method = 'handle' . Str::studly(str_replace('.', '_', $event->type));
    return $this->$method($event);
  }
  protected function handleCheckoutSessionCompleted($payload) { User::find(1)->extend(); }
}
