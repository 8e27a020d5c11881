<?php
class PlanSeeder { public function run() { $stripe = new \Stripe\StripeClient('{{sk_live}}'); } }
