<?php
namespace App\Listeners;
use Laravel\Cashier\Events\WebhookReceived;
class StripeEventListener {
    public function handle(WebhookReceived $event): void {
        if ($event->payload['type'] === 'invoice.payment_succeeded') { $this->renew($event->payload['data']['object']); }
    }
}
