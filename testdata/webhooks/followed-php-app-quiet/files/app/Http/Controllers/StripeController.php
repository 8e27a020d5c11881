<?php
namespace App\Http\Controllers;

use Illuminate\Http\Request;
use App\Models\Order;
use App\Services\Billing;
class StripeController extends Controller
{
    
    public function hook(Request $request)
    {
        $event = app(Billing::class)->load($request->getContent(), $request->header('Stripe-Signature'));
        if ($event->type === 'checkout.session.completed') {
            Order::where('id', $event->data->object->client_reference_id)->update(['status' => 'paid']);
        }
        return response('ok');
    }
}
