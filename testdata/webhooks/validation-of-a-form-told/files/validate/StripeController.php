<?php
namespace App\Http\Controllers;

use Illuminate\Http\Request;
use App\Models\Order;

class StripeController extends Controller
{
    public function hook(Request $request)
    {
        $request->validate(["type" => "required|string"]);
        if ($request->input('type') === 'checkout.session.completed') {
            Order::where('id', $request->input('data.object.client_reference_id'))->update(['status' => 'paid']);
        }
        return response('ok');
    }
}
