<?php
require_once __DIR__ . '/../php/stripe-php/init.php';
$endpoint_secret = defined('STRIPE_WEBHOOK_SECRET') ? STRIPE_WEBHOOK_SECRET : '';
$payload = @file_get_contents('php://input');
$sig_header = $_SERVER['HTTP_STRIPE_SIGNATURE'];
try {
  if ($endpoint_secret) { $event = \Stripe\Webhook::constructEvent($payload, $sig_header, $endpoint_secret); }
  else { $event = json_decode($payload, false); }
} catch (\UnexpectedValueException $e) { http_response_code(400); exit(); }
switch ($event->type) { case 'checkout.session.completed': ship($event); }
