<?php
namespace App\Enums;
enum StripeEventType: string {
  case InvoicePaid = 'invoice.paid';
}
