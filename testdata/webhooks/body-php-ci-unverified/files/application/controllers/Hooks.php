<?php
class Hooks extends CI_Controller {
  public function stripe() {
    $payload = json_decode($this->input->raw_input_stream);
    switch ($payload->type) {
      case 'invoice.paid':
        $this->billing->extend($payload->data->object);
        break;
    }
  }
}
