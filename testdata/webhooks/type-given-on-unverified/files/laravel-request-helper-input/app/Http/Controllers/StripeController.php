<?php
class StripeController extends Controller {
  public function hook() {
    $type = request()->input('type');
    switch ($type) { case 'invoice.paid': Order::pay(request()->all()); }
    return response('ok');
  }
}
