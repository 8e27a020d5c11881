ENV['STRIPE_SECRET_KEY'] = '{{sk_live}}'
