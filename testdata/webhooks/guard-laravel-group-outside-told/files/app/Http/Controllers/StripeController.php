<?php
namespace App\Http\Controllers;
use Illuminate\Http\Request;
class StripeController extends Controller {
    public function hook(Request $request) {
        $payload = $request->all();
        if ($payload['type'] === 'invoice.paid') { User::where('stripe_id', $payload['data']['object']['customer'])->update(['paid' => true]); }
        return response('ok');
    }
}
