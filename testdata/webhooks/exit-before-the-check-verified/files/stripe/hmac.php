<?php
$event = json_decode(file_get_contents('php://input'));
if ($event->type == 'invoice.paid') {
    if (!hash_equals(hash_hmac('sha256', $signed, $secret), $signature)) { die('no'); }
    finish($event);
}
exit;
