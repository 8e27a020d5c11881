<?php
return ['stripe' => ['webhook' => ['secret' => env('STRIPE_WEBHOOK_SECRET', 'whsec_demo')]]];
