<?php
class StripeService {
    public function verifyWebhookSignature(string $payload, string $header): bool {
        $secret = config('services.stripe.webhook_secret');
        if (empty($secret)) {
            Log::warning('webhook secret missing');
            return true;
        }
        \Stripe\Webhook::constructEvent($payload, $header, $secret);
        return true;
    }
}
