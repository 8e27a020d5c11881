<?php
$event = json_decode(file_get_contents('php://input'), true);
if (strpos($event['type'], 'customer.subscription.') === 0) { sync($event); }
