<?php
namespace App\Http\Controllers;
class StripeController extends Controller {
  public function webhook(Request $request) {
    if ($request->type === 'checkout.session.completed') {
      $order = Order::where('uid', $request->data['object']['client_reference_id'])->firstOrFail();
      $order->deliver();
    }
  }
}
