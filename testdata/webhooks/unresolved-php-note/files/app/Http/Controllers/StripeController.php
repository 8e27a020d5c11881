<?php
namespace App\Http\Controllers;

use Illuminate\Http\Request;
use App\Models\Order;

class StripeController extends Controller
{
    public function __construct(private \Acme\Pay\Billing $b) {}
    public function hook(Request $request)
    {
        $event = $this->b->load($request->getContent(), $request->header('Stripe-Signature'));
        if ($event->type === 'checkout.session.completed') {
            Order::where('id', $event->data->object->client_reference_id)->update(['status' => 'paid']);
        }
        return response('ok');
    }
}
