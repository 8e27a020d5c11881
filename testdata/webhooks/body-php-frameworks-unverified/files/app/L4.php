<?php
// Stripe
class HookController extends BaseController {
  public function handle() {
    $event = Input::all();
    if ($event['type'] == 'customer.subscription.deleted') { Subscription::cancel($event['data']['object']['id']); }
    return Response::make('', 200);
  }
}
