<?php
// Stripe
$event = json_decode(stream_get_contents(fopen("php://input", "rb")));
if ($event->type == 'invoice.paid') { extend($event->data->object); }
