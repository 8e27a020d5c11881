<?php
class StripeController extends Controller {
  public function handle(Request $request) {
    $payload = json_decode($request->getContent(), true);
    $method = 'handle' . Str::studly(str_replace('.', '_', $payload['type']));
    if (method_exists($this, $method)) { return $this->{$method}($payload); }
    return response('', 200);
  }
  protected function handleInvoicePaid($payload) { User::find(1)->extend(); }
}
