<?php
use App\Models\Event as StripeEvent;
use Stripe\Webhook as Hook;
class StripeHookController extends Controller {
  public function handle(Request $request) {
    $event = Hook::constructEvent($request->getContent(), $request->header('Stripe-Signature'), config('x'));
    StripeEvent::constructFrom($event);
    switch ($event->type) { case 'account.updated': $this->update($event); }
    return response('ok');
  }
}
