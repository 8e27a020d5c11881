<?php
use App\Services\Billing;
class StripeController extends Controller {
  public function hook(Request $request, Billing $billing) {
    $billing->handle($request->input('type'), $request->input('data.object'));
    return response('ok');
  }
}
