module x
require github.com/stripe/stripe-go/v76 v76.0.0
