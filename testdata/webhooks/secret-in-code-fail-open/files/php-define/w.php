<?php
define('STRIPE_WEBHOOK_SECRET', 'whsec_your_webhook_secret');
$payload = @file_get_contents('php://input');
$event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], STRIPE_WEBHOOK_SECRET);
if ($event->type === 'invoice.paid') { extend($event); }
