<?php
require 'vendor/autoload.php';
$event = json_decode(file_get_contents('php://input'));
try {
    if ($event->type == 'invoice.paid') { finish($event); }
    exit;
} catch (Exception $e) { http_response_code(500); exit; }
