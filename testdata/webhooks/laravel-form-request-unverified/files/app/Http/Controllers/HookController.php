<?php
namespace App\Http\Controllers;
use App\Http\Requests\StripeWebhookRequest;
class HookController extends Controller {
  public function __invoke(StripeWebhookRequest $request) {
    $event = $request->validated();
    if ($event['type'] === 'invoice.paid') { $this->pay($event); }
    return response('ok');
  }
}
