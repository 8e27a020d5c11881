<?php
require 'vendor/autoload.php';
$secret = getenv('STRIPE_WEBHOOK_SECRET');
$payload = file_get_contents('php://input');
if ($secret) {
    try {
        $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret);
    } catch (\Exception $e) {
        http_response_code(400);
        exit;
    }
} else {
    $event = json_decode($payload);
}
if ($event->type === 'checkout.session.completed') { finish($event); }
exit;
