<script src="https://js.stripe.com/v3/"></script>
<script>var stripe = Stripe('{{ env("STRIPE_SECRET") }}');</script>
