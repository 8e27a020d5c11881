<?php
namespace App\Http\Middleware;
class VerifyStripe {
  public function handle($request, Closure $next) {
    \Stripe\Webhook::constructEvent($request->getContent(), $request->header('Stripe-Signature'), config('services.stripe.webhook_secret'));
    return $next($request);
  }
}
