process.env.STRIPE_SECRET_KEY = '{{sk_live}}'
