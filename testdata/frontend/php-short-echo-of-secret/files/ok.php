<?php require 'config.php'; ?>
<script src="https://js.stripe.com/v3/"></script>
<script>var stripe = Stripe('<?= $publishable_key ?>');</script>
