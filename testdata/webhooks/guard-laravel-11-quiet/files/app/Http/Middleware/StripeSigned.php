<?php
namespace App\Http\Middleware;
use Stripe\Webhook;
class StripeSigned {
    public function handle($request, \Closure $next) {
        if ($request->path() !== 'api/stripe') {
            return $next($request);
        }
        try {
            Webhook::constructEvent($request->getContent(), $request->header('Stripe-Signature'), config('services.stripe.webhook'));
        } catch (\Exception $e) {
            return response('bad', 400);
        }
        return $next($request);
    }
}
