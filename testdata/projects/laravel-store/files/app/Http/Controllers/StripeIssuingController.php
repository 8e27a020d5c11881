<?php

namespace App\Http\Controllers;

use Illuminate\Http\Request;
use Stripe\Exception\SignatureVerificationException;
use Stripe\Webhook;

class StripeIssuingController extends Controller
{
    public function __invoke(Request $request)
    {
        try {
            $event = Webhook::constructEvent(
                $request->getContent(),
                $request->header('Stripe-Signature', ''),
                config('services.stripe.webhook.secret')
            );
        } catch (SignatureVerificationException $e) {
            abort(400);
        }
        if ($event->type === 'issuing_authorization.request') {
            return response()->json(['approved' => $event->data->object->amount < 10000]);
        }

        return response()->noContent();
    }
}
