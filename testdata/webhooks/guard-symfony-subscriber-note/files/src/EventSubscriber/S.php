<?php
namespace App\EventSubscriber;
use Symfony\Component\EventDispatcher\EventSubscriberInterface;
use Symfony\Component\HttpKernel\Event\RequestEvent;
use Symfony\Component\HttpKernel\KernelEvents;
class S implements EventSubscriberInterface {
    public static function getSubscribedEvents(): array { return [KernelEvents::REQUEST => 'check']; }
    public function check(RequestEvent $e): void {
        $r = $e->getRequest();
        if (!str_starts_with($r->getPathInfo(), '/stripe/')) { return; }
        \Stripe\Webhook::constructEvent($r->getContent(), $r->headers->get('Stripe-Signature'), $_ENV['S']);
    }
}
