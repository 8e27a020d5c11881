<?php
// Stripe
$in = fopen('php://input', 'r');
$raw = '';
while ($chunk = fread($in, 1024)) { $raw .= $chunk; }
$event = json_decode($raw, true);
if ($event['type'] === 'invoice.paid') { extend($event); }
