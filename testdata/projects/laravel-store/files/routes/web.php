<?php

use App\Http\Controllers\CheckoutController;
use App\Http\Controllers\StripeIssuingController;
use Illuminate\Support\Facades\Route;

Route::get('/checkout', [CheckoutController::class, 'show']);
Route::post('/stripe/issuing', StripeIssuingController::class);
