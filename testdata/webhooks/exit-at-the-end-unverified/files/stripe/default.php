<?php
require 'vendor/autoload.php';
$event = json_decode(file_get_contents('php://input'));
switch ($event->type) {
    case 'invoice.paid': finish($event); break;
    default: exit();
}
