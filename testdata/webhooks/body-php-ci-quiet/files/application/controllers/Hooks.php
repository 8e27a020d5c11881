<?php
class Hooks extends CI_Controller {
  public function stripe() {
    $body = $this->input->raw_input_stream;
    try {
      $event = \Stripe\Webhook::constructEvent($body, $_SERVER['HTTP_STRIPE_SIGNATURE'], getenv('STRIPE_WEBHOOK_SECRET'));
    } catch (\Exception $e) {
      show_error('bad', 400);
      return;
    }
    switch ($event->type) {
      case 'invoice.paid':
        $this->billing->extend($event->data->object);
        break;
    }
  }
}
