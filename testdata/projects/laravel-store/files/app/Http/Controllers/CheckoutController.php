<?php

namespace App\Http\Controllers;

use Stripe\StripeClient;

class CheckoutController extends Controller
{
    public function show()
    {
        $stripe = new StripeClient(config('services.stripe.secret'));
        $intent = $stripe->paymentIntents->create(['amount' => 3900, 'currency' => 'eur']);

        return view('checkout', ['clientSecret' => $intent->client_secret]);
    }
}
