<h1>Terminal</h1>
<script src="https://js.stripe.com/v3/"></script>
<script>
  const stripe = Stripe("{{ config('services.stripe.secret') }}");
</script>
