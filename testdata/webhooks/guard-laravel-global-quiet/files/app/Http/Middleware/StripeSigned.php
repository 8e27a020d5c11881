<?php
namespace App\Http\Middleware;
use Stripe\Webhook;
class StripeSigned {
    public function handle($request, \Closure $next) {
        if ($request->is('stripe/*')) {
            try {
                Webhook::constructEvent($request->getContent(), $request->header('Stripe-Signature'), config('services.stripe.webhook'));
            } catch (\Exception $e) {
                abort(400);
            }
        }
        return $next($request);
    }
}
