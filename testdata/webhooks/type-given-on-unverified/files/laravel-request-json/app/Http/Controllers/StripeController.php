<?php
class StripeController extends Controller {
  public function hook(Request $request) {
    switch ($request->json('type')) { case 'invoice.paid': Order::pay($request->json('data')); }
    return response('ok');
  }
}
