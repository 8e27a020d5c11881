<?php
namespace App\Services;
use App\Enums\StripeEventType;
class StripeEventService {
  public function process(array $payload): void {
    match (StripeEventType::tryFrom($payload['type'])) {
      StripeEventType::InvoicePaid => $this->paid($payload),
      default => null,
    };
  }
}
