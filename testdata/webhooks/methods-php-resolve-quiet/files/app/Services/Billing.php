<?php
namespace App\Services;

class Billing
{
    public function load(string $body, ?string $sig)
    {
        return \Stripe\Webhook::constructEvent($body, $sig, config("services.stripe.webhook"));
    }
}
