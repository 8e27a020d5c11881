stripe_secret_key      = "{{sk_live}}"
stripe_publishable_key = "{{pk_live}}"
