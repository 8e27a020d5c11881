<?php
class VerifyStripeSignature { public function handle($request, $next) { \Stripe\WebhookSignature::verifyHeader($request->getContent(), $request->header('Stripe-Signature'), config('services.stripe.webhook')); return $next($request); } }
