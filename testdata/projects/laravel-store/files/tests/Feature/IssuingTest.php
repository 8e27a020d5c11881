<?php

namespace Tests\Feature;

use Tests\TestCase;

class IssuingTest extends TestCase
{
    public function test_what_is_not_signed_is_refused(): void
    {
        config(['services.stripe.webhook.secret' => 'whsec_test']);
        $this->postJson('/stripe/issuing', ['type' => 'issuing_authorization.request'])->assertStatus(400);
    }
}
