<?php
namespace App\Http\Controllers;
use App\Http\Middleware\VerifyStripe;
class StripeController extends Controller {
  public function __construct() { $this->middleware(VerifyStripe::class)->except('handle'); }
  public function handle(Request $request) {
    $event = json_decode($request->getContent(), true);
    if ($event['type'] === 'invoice.paid') { $this->paid($event); }
    return response('', 200);
  }
}
