<?php
$payload = file_get_contents('php://input');
if (!$payload) { exit; }
$event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret);
if ($event->type == 'invoice.paid') { finish($event); }
exit;
