# Stripe::Charge.create in a comment
Stripe::Charge.create(amount: 5)
