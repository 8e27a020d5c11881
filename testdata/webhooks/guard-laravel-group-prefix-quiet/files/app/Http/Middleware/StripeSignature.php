<?php
namespace App\Http\Middleware;
class StripeSignature {
    public function handle($request, \Closure $next) {
        try {
            \Stripe\WebhookSignature::verifyHeader($request->getContent(), $request->header('Stripe-Signature'), config('s'), 300);
        } catch (\Exception $e) {
            abort(403);
        }
        return $next($request);
    }
}
