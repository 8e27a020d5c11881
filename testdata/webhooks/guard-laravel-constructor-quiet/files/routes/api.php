<?php
use App\Http\Controllers\StripeController;
use App\Http\Middleware\StripeSignature;
Route::post('/stripe/webhook', [StripeController::class, 'hook']);
