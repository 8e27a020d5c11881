<?php

namespace App\Http\Controllers;

use Illuminate\Http\Request;
use Stripe\Webhook;

class PaidController extends Controller
{
    public function receive(Request $request)
    {
        $secret = '';
        try {
            $event = Webhook::constructEvent($request->getContent(), $request->header('Stripe-Signature'), $secret);
        } catch (\Exception $e) {
            return response('not signed', 400);
        }
        if ($event->type == 'checkout.session.completed') {
            Ticket::sell($event->data->object->metadata->seats);
        }
        return response('ok');
    }
}
