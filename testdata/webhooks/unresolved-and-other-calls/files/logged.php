<?php
$payload = file_get_contents('php://input');
$sig = $_SERVER['HTTP_STRIPE_SIGNATURE'];
error_log($payload . ' ' . $sig);
Log::info('hook', [$payload, $sig]);
$event = json_decode($payload);
if ($event->type === 'checkout.session.completed') {
    markPaid($event);
}
