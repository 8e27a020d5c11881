<?php \Stripe\Stripe::setApiKey('{{sk_live}}');
