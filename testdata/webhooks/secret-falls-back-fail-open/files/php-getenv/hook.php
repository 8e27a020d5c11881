<?php
$event = \Stripe\Webhook::constructEvent($payload, $sig, getenv('STRIPE_WEBHOOK_SECRET') ?: 'whsec_x');
