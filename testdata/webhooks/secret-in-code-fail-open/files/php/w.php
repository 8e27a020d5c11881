<?php
require 'vendor/autoload.php';
$endpoint_secret = 'whsec_your_webhook_secret';
$payload = @file_get_contents('php://input');
try {
  $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $endpoint_secret);
} catch (\Stripe\Exception\SignatureVerificationException $e) {
  http_response_code(400);
  exit();
}
switch ($event->type) {
  case 'invoice.paid': extend($event); break;
}
http_response_code(200);
