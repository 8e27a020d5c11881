<?php
class StripeWebhookController {
  #[Route('/stripe', methods: ['POST'])]
  public function hook(Request $request): Response {
    $payload = $request->getContent();
    if ($this->appEnv === 'test') {
      $data = json_decode($payload, true);
      $eventType = $data['type'];
    } else {
      try {
        $event = Webhook::constructEvent($payload, $request->headers->get('Stripe-Signature'), $this->stripeWebhookSecret);
        $eventType = $event->type;
      } catch (\Exception $e) { return new JsonResponse(['error' => 'Signature'], 400); }
    }
    switch ($eventType) { case 'payment_intent.succeeded': $this->pay(); }
    return new Response('');
  }
}
