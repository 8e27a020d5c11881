<?php

namespace App\Listeners;

use Laravel\Cashier\Events\WebhookReceived;

class ExtendSubscription
{
    public function handle(WebhookReceived $event): void
    {
        if ($event->payload['type'] === 'invoice.payment_succeeded') {
            logger('paid', ['invoice' => $event->payload['data']['object']['id']]);
        }
    }
}
