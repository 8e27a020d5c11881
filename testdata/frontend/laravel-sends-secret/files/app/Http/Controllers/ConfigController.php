<?php
class ConfigController { public function show() { return response()->json(['stripe' => config('services.stripe.secret')]); } }
