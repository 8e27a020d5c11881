<?php
require 'vendor/autoload.php';
$event = json_decode(file_get_contents('php://input'));
if ($event->type === 'invoice.paid') { finish($event); }
http_response_code(200);
exit;
