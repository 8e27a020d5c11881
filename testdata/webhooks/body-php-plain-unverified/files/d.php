<?php
// Stripe
$event = json_decode($GLOBALS['HTTP_RAW_POST_DATA'], true);
if ($event['type'] === 'invoice.paid') { extend($event); }
