Stripe.api_key = '{{sk_live}}'
