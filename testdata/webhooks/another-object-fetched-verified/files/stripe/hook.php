<?php
$event = json_decode(file_get_contents('php://input'));
if ($event->type === 'payment_intent.succeeded') {
    $intent = \Stripe\PaymentIntent::retrieve($event->data->object->id);
    if ($intent->status === 'succeeded') { grant($intent->metadata->user); }
}
