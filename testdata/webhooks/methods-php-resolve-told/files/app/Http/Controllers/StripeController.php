<?php
namespace App\Http\Controllers;

use App\Services\Billing;
use Illuminate\Http\Request;

class StripeController extends Controller
{
    public function hook(Request $request)
    {
        $event = resolve(Billing::class)->verify_event($request->getContent(), $request->header('Stripe-Signature'));
        if ($event->type === 'checkout.session.completed') {
            Order::where('id', 1)->update(['status' => 'paid']);
        }
    }
}
