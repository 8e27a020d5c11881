<?php
$body = json_decode(file_get_contents('php://input'), true);
$key = getenv('STRIPE_SECRET_KEY');
$event = json_decode(file_get_contents('https://api.stripe.com/v1/events/' . $body['id'], false, $context), true);
if ($event['type'] === 'checkout.session.completed') { pay($event['data']['object']['id']); }
