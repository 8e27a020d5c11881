<?php
namespace App\Controller;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Routing\Attribute\Route;
class C extends AbstractController {
    #[Route('/stripe/webhook', methods: ['POST'])]
    public function hook(Request $request): Response {
        $event = json_decode($request->getContent(), true);
        if ($event['type'] === 'invoice.paid') { $this->paid($event); }
        return new Response();
    }
}
