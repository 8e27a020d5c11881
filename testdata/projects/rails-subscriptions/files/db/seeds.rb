# The plans are those of the real account.
Stripe.api_key = "{{sk_live}}"
Stripe::Price.list(active: true).each do |price|
  Plan.find_or_create_by!(stripe_price: price.id, amount: price.unit_amount)
end
