<?php
namespace App\Services;
// stripe
class Billing { public function handle($type, $object) { if ($type === 'invoice.paid') { Order::pay($object); } } }
