<?php

namespace App\Enums;

enum HookType: string
{
    case PAID = 'invoice.paid';
    case ENDED = 'customer.subscription.deleted';
}
