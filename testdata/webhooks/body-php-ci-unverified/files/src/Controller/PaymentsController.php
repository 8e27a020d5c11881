<?php
namespace App\Controller;
class PaymentsController extends AppController {
  public function stripe() {
    $data = $this->request->getData();
    if ($data['type'] === 'invoice.paid') { $this->Orders->pay($data['data']['object']); }
  }
}
