<?php
$payload = file_get_contents('php://input') ?: '';
if (getenv('STRIPE_WEBHOOK_SECRET')) {
    try {
        $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], getenv('STRIPE_WEBHOOK_SECRET'));
    } catch (\Exception $e) {
        http_response_code(400);
        exit;
    }
} else {
    $event = json_decode($payload);
}
if ($event->type === 'checkout.session.completed') { finish($event); }
