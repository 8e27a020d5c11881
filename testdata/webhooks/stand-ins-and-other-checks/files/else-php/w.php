<?php
$payload = file_get_contents('php://input');
if ($secret !== '') {
  try { $event = \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], $secret); }
  catch (\Exception $e) { http_response_code(400); exit; }
} else {
  $event = json_decode($payload);
}
$repository->store($event->type, $event->data->object);
http_response_code(200);
