<?php
Route::post('/stripe/webhook', [StripeController::class, 'hook'])->middleware(VerifyStripeSignature::class);
