<?php
require 'lib.php';
$event = read_input();
if ($event['type'] === 'checkout.session.completed') { fulfil($event['data']['object']); }
http_response_code(200);
