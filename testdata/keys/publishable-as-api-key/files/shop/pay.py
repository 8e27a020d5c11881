import stripe
stripe.api_key = "{{pk_live}}"
