<?php
class StripeController extends Controller {
  public function hook() {
    if (request('type') === 'invoice.paid') { Order::pay(request('data')); }
    return response('ok');
  }
}
