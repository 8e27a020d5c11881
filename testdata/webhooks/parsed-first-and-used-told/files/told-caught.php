<?php
$payload = file_get_contents('php://input');
$event = null;
try {
    $event = \Stripe\Event::constructFrom(json_decode($payload, true));
} catch (\UnexpectedValueException $e) {
    http_response_code(400);
    exit();
}
try {
    $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], getenv('S'));
} catch (\Exception $e) {
    error_log($e->getMessage());
}
if ($event->type === 'checkout.session.completed') {
    markPaid($event->data->object);
}
