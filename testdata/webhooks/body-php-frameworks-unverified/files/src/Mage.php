<?php
// Stripe
class Webhook extends Action {
  public function execute() {
    $event = json_decode($this->getRequest()->getContent(), true);
    if ($event['type'] === 'charge.refunded') { $this->refund($event); }
  }
}
