<?php
namespace App\Http\Requests;
class StripeWebhookRequest extends FormRequest {
  public function authorize(): bool { return true; }
  public function rules(): array { return ['type' => 'required']; }
}
