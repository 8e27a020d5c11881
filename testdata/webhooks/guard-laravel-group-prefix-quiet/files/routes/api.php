<?php
use App\Http\Controllers\StripeController;
use App\Http\Middleware\StripeSignature;
Route::prefix('stripe')->middleware(StripeSignature::class)->group(function () {
    Route::get('/status', [StatusController::class, 'show']);
    Route::post('/webhook', [StripeController::class, 'hook'])->name('hook');
});
