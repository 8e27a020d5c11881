module example.com/payments

go 1.23

require github.com/stripe/stripe-go/v81 v81.3.0
