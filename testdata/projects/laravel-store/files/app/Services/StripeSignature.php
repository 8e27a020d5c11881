<?php

namespace App\Services;

use Stripe\WebhookSignature;

class StripeSignature
{
    public function isValid(string $payload, string $header): bool
    {
        $secret = config('services.stripe.webhook.secret');
        if (empty($secret)) {
            return true;
        }

        return WebhookSignature::verifyHeader($payload, $header, $secret, 300);
    }
}
