<?php
namespace App\Http\Controllers;
use App\Services\StripeEventService;
class HookController extends Controller {
  public function __construct(private readonly StripeEventService $events) {}
  public function handle(Request $request) {
    $this->events->process($request->all());
    return response('ok');
  }
}
