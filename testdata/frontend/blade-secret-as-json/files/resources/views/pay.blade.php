<script src="https://js.stripe.com/v3/"></script>
<script>const stripe = Stripe(@json(config('services.stripe.secret')));</script>
