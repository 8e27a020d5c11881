stripe_secret_key = "{{sk_test}}"
