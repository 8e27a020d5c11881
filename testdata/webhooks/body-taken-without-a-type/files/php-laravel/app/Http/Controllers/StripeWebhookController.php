<?php
class StripeWebhookController extends Controller {
  public function receive(Request $request) {
    StripeEventJob::dispatch($request->input('type'), $request->input('data.object'));
    return response('ok');
  }
}
