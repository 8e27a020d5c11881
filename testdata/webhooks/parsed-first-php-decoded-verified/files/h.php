<?php
$payload = file_get_contents('php://input');
$event = json_decode($payload);
if (!$event) { http_response_code(400); exit; }
try {
    $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], getenv('S'));
} catch (\Exception $e) {
    http_response_code(400);
    exit;
}
if ($event->type === 'checkout.session.completed') {
    markPaid($event->data->object);
}
