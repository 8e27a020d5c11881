<?php
namespace App\Http\Controllers;
use App\Http\Middleware\VerifyStripe;
use Illuminate\Routing\Controllers\HasMiddleware;
use Illuminate\Routing\Controllers\Middleware;
class StripeController implements HasMiddleware {
  public static function middleware(): array { return ['throttle', new Middleware(VerifyStripe::class, only: ['handle'])]; }
  public function handle(Request $request) {
    $event = json_decode($request->getContent(), true);
    if ($event['type'] === 'invoice.paid') { $this->paid($event); }
    return response('', 200);
  }
}
