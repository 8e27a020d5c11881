<?php
namespace App\Services;

class Billing
{
    public function verify_event(string $body, ?string $sig)
    {
        return json_decode($body);
    }
}
