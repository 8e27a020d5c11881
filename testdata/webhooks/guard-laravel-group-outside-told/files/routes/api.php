<?php
use App\Http\Controllers\StripeController;
use App\Http\Middleware\StripeSignature;
Route::middleware([StripeSignature::class])->group(function () {
    Route::post('/other/webhook', [OtherController::class, 'hook']);
});
Route::post('/stripe/webhook', [StripeController::class, 'hook']);
