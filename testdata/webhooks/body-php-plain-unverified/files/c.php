<?php
// Stripe
if ($_REQUEST['type'] == 'checkout.session.completed') { order_paid($_REQUEST['data']['object']['id']); }
