<?php require 'config.php'; ?>
<script src="https://js.stripe.com/v3/"></script>
<script>var stripe = Stripe('<?= $stripe_secret_key ?>');</script>
