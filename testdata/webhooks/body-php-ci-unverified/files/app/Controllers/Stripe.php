<?php
namespace App\Controllers;
class Stripe extends BaseController {
  public function webhook() {
    $event = $this->request->getJSON();
    if ($event->type == 'checkout.session.completed') { $this->orders->paid($event->data->object->id); }
    return $this->response->setStatusCode(200);
  }
}
