<?php
$body = json_decode(file_get_contents('php://input'), true);
$key = getenv('STRIPE_SECRET_KEY');
$ch = curl_init('https://api.example.com/v1/events/' . $body['id']);
$event = $body;
if ($event['type'] === 'checkout.session.completed') { pay($event['data']['object']['id']); }
