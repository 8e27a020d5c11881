<?php
$event = json_decode(file_get_contents('php://input'), true);
if ($event['type'] === 'invoice.payment_succeeded') { extend($event['data']['object']['customer']); }
http_response_code(200);
