<?php
namespace App\Http\Controllers;
use Illuminate\Http\Request;
class StripeController extends Controller {
    public function handle(Request $request) {
        if ($request->input('type') === 'invoice.paid') { Order::pay($request->input('data.object')); }
        return response('ok');
    }
}
