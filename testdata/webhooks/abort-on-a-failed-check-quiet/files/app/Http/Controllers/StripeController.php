<?php
namespace App\Http\Controllers;

use Illuminate\Http\Request;

class StripeController extends Controller
{
    public function hook(Request $request)
    {
        $expected = hash_hmac('sha256', $this->signed($request), config('services.stripe.webhook'));
        abort_unless(hash_equals($expected, $this->signature($request)), 403);
        if ($request->input('type') === 'invoice.paid') {
            Order::where('id', 1)->update(['status' => 'paid']);
        }
    }
}
