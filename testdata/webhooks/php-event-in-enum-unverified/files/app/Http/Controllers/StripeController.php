<?php

namespace App\Http\Controllers;

use App\Enums\HookType;
use App\Http\Requests\HookRequest;

class StripeController extends Controller
{
    public function receive(HookRequest $request)
    {
        $data = $request->safe()->all();
        switch ($data['type']) {
            case HookType::PAID->value:
                Membership::extend($data['data']['object']['customer']);
                break;
        }
    }
}
