Stripe.configure("{{sk_live@b}}")
