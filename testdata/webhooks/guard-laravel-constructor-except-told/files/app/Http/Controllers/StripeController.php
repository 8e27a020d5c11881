<?php
namespace App\Http\Controllers;
use Illuminate\Http\Request;
class StripeController extends Controller {
    public function __construct() { $this->middleware(\App\Http\Middleware\StripeSignature::class)->except('hook'); }
    public function hook(Request $request) {
        $payload = $request->all();
        if ($payload['type'] === 'invoice.paid') { User::where('stripe_id', $payload['data']['object']['customer'])->update(['paid' => true]); }
        return response('ok');
    }
}
