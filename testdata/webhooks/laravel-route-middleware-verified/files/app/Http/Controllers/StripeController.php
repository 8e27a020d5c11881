<?php
class StripeController extends Controller { public function hook(Request $request) { $event = $request->all(); if ($event['type'] === 'invoice.paid') { $this->extend($event); } } }
