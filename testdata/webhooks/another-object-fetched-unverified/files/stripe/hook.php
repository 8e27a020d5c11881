<?php
$event = json_decode(file_get_contents('php://input'));
if ($event->type === 'invoice.paid') {
    $customer = \Stripe\Customer::retrieve($event->data->object->customer);
    extend($event->data->object->subscription, $customer->email);
}
