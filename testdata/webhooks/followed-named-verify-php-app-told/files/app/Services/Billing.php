<?php
namespace App\Services;

class Billing
{
    public function verify_signature(string $body, ?string $sig)
    {
        return json_decode($body);
    }
}
