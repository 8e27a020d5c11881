<?php
$body = json_decode(file_get_contents('php://input'), true);
$key = getenv('STRIPE_SECRET_KEY');
$ch = curl_init('https://api.stripe.com/v1/events/' . $body['id']);
curl_setopt($ch, CURLOPT_USERPWD, $key);
$event = json_decode(curl_exec($ch), true);
if ($event['type'] === 'checkout.session.completed') { pay($event['data']['object']['id']); }
