<?php
class KeyController { public function show() { return response()->json(['stripe' => config('services.stripe.key')]); } }
