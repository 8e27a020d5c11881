<?php
class StripeController extends Controller {
    public function webhook(Request $request) {
        if ($request['type'] === 'checkout.session.completed') { Order::pay($request['data']); }
    }
}
