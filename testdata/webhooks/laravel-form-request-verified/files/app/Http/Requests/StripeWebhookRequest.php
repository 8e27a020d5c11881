<?php
namespace App\Http\Requests;
class StripeWebhookRequest extends FormRequest {
  public function authorize(): bool {
    try { \Stripe\Webhook::constructEvent($this->getContent(), $this->header('Stripe-Signature'), config('services.stripe.webhook')); return true; }
    catch (\Exception $e) { return false; }
  }
  public function rules(): array { return []; }
}
