<?php
require 'vendor/autoload.php';
$payload = file_get_contents('php://input');
try {
  $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], getenv('WHSEC'), 0);
} catch (\Exception $e) { http_response_code(400); exit; }
if ($event->type === 'invoice.paid') { pay($event); }
