<?php
$payload = file_get_contents('php://input') ?: '';
$secret = getenv('STRIPE_WEBHOOK_SECRET') ?: die('no secret');
$event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'] ?: null, $secret);
if ($event->type == 'invoice.paid') { finish($event); }
