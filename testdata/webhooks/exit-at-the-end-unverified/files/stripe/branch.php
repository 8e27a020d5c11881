<?php
require 'vendor/autoload.php';
$event = json_decode(file_get_contents('php://input'));
if ($event->type === 'invoice.paid') { finish($event); exit(); }
http_response_code(400);
