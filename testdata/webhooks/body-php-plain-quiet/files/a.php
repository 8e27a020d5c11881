<?php
require 'vendor/autoload.php';
$raw = stream_get_contents(fopen('php://input', 'r'));
try {
  $event = \Stripe\Webhook::constructEvent($raw, $_SERVER['HTTP_STRIPE_SIGNATURE'], getenv('WHSEC'));
} catch (\Exception $e) { http_response_code(400); exit; }
if ($event->type == 'invoice.paid') { extend($event->data->object); }
