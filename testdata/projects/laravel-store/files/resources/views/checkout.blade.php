<script src="https://js.stripe.com/v3/"></script>
<div id="payment"></div>
<script>
  const stripe = Stripe("{{ config('services.stripe.key') }}");
  stripe.elements({ clientSecret: "{{ $clientSecret }}" }).create("payment").mount("#payment");
</script>
