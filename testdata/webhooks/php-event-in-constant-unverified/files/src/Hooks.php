<?php

// Stripe
class Hooks
{
    const PAID = 'invoice.paid';

    public function receive(Request $request)
    {
        $data = $request->validated();
        if ($data['type'] === self::PAID) {
            Membership::extend($data['data']['object']['customer']);
        }
    }
}
