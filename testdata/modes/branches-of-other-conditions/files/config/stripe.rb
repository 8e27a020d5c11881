if Rails.env.production?
  Stripe.api_key = '{{sk_live}}'
else
  Stripe.api_key = '{{sk_test}}'
end
unless Rails.env.production?
  Stripe.api_key = '{{sk_test@b}}'
end
