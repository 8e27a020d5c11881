import stripe
stripe.api_key = "{{sk_live}}"
