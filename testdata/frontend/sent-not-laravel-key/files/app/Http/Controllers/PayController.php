<?php
namespace App\Http\Controllers;
class PayController extends Controller {
  public function show() {
    \Stripe\Stripe::setApiKey(config('services.stripe.secret'));
    $intent = auth()->user()->createSetupIntent();
    return view('pay', ['key' => config('services.stripe.key'), 'intent' => $intent]);
  }
}
