<?php
namespace App\Http\Middleware;
class HandleInertiaRequests extends Middleware {
  public function share($request): array {
    return array_merge(parent::share($request), ['stripe' => config('services.stripe.secret')]);
  }
}
