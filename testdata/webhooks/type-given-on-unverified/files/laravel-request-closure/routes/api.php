<?php
Route::post('/stripe/webhook', function () {
    if (request('type') == 'checkout.session.completed') { Order::pay(request('data.object')); }
    return response('ok');
});
