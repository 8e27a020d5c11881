<?php
namespace App\Http\Controllers;

use Illuminate\Http\Request;
use App\Models\Order;
use Illuminate\Support\Facades\Log;
class StripeController extends Controller
{
    public function hook(Request $request)
    {
        Log::info("webhook", $request->all()); abort_unless($request->isJson(), 400);
        if ($request->input('type') === 'checkout.session.completed') {
            Order::where('id', $request->input('data.object.client_reference_id'))->update(['status' => 'paid']);
        }
        return response('ok');
    }
}
