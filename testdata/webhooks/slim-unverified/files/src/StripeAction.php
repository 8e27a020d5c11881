<?php
$app->post('/stripe', function ($request, $response) {
    $event = $request->getParsedBody();
    if ($event['type'] === 'invoice.paid') { extend($event['data']['object']); }
    return $response;
});
