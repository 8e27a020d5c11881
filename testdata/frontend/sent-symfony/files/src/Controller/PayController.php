<?php
namespace App\Controller;
class PayController extends AbstractController {
  public function pay(): Response {
    return $this->render('pay.html.twig', ['stripe_key' => $this->getParameter('stripe_secret_key')]);
  }
}
