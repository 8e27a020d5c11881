<?php
namespace App\Http\Controllers;
class PayController extends Controller {
  public function show() {
    $stripeKey = config('services.stripe.secret');
    return view('pay')->with('stripeKey', $stripeKey);
  }
}
