<?php
namespace App\Http\Middleware;
use Stripe\WebhookSignature;
use Stripe\Exception\SignatureVerificationException;
class VerifyWebhookSignature {
  public function handle($request, \Closure $next) {
    try {
      WebhookSignature::verifyHeader($request->getContent(), $request->header('Stripe-Signature'), config('cashier.webhook.secret'), config('cashier.webhook.tolerance'));
    } catch (SignatureVerificationException $exception) {
      throw new AccessDeniedHttpException($exception->getMessage(), $exception);
    }
    return $next($request);
  }
}
