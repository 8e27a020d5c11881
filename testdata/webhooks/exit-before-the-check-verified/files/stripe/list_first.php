<?php
require 'vendor/autoload.php';
$payload = file_get_contents('php://input');
$event = json_decode($payload);
if (!in_array($event->type, ['invoice.paid', 'invoice.created'])) { exit; }
try {
    $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret);
} catch (\Exception $e) {
    exit('no');
}
finish($event);
exit;
