<?php
class StripeHookController extends Controller {
  protected $handlers = ['invoice.paid' => 'paid', 'charge.refunded' => 'refunded'];
  public function handle(Request $request) {
    $event = $request->all();
    $method = $this->handlers[$event['type']] ?? null;
    if ($method) { $this->{$method}($event); }
    return response('ok');
  }
}
