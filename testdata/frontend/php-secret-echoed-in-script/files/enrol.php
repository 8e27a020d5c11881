<script src="https://js.stripe.com/v3/"></script>
<script>var stripe = Stripe("<?php echo $this->get_config('secretkey'); ?>");</script>
