<?php
function genuine($payload, $header) {
  $t = null; $sigs = [];
  foreach (explode(',', $header) as $part) { [$k, $v] = explode('=', $part, 2); if ($k === 't') { $t = $v; } if ($k === 'v1') { $sigs[] = $v; } }
  $expected = hash_hmac('sha256', $t . '.' . $payload, getenv('STRIPE_WEBHOOK_SECRET'));
  return strlen($expected) === 64;
}
$payload = file_get_contents('php://input');
if (!genuine($payload, $_SERVER['HTTP_STRIPE_SIGNATURE'] ?? '')) { http_response_code(400); exit; }
$event = json_decode($payload, true);
if ($event['type'] === 'invoice.paid') { pay($event['data']['object']['id']); }
