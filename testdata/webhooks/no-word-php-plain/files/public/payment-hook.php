<?php
$event = json_decode(file_get_contents('php://input'), true);
if ($event['type'] === 'checkout.session.completed') {
  fulfil($event['data']['object']['client_reference_id']);
}
http_response_code(200);
