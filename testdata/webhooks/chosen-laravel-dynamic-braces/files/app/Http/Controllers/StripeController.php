<?php
class StripeController extends Controller {
  public function handle(Request $request) {
    $payload = $request->all();
    return $this->{'handle' . Str::studly(str_replace('.', '_', $payload['type']))}($payload);
  }
  protected function handleCheckoutSessionCompleted($payload) { User::find(1)->extend(); }
}
