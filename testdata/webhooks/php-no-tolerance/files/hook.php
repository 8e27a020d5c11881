<?php
\Stripe\WebhookSignature::verifyHeader($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret);
$event = json_decode($payload);
if ($event->type === 'invoice.paid') { extend($event); }
