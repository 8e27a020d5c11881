Stripe.api_key = '{{rk_live}}'
