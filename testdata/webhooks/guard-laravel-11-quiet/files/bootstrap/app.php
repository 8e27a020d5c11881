<?php
use App\Http\Middleware\StripeSigned;
return Application::configure(basePath: dirname(__DIR__))
    ->withMiddleware(function (Middleware $middleware) {
        $middleware->api(append: [StripeSigned::class]);
    })->create();
