<?php require 'head.php'; ?>
<script src="https://js.stripe.com/v3/"></script>
<script>var stripe = Stripe('{{sk_live}}');</script>
