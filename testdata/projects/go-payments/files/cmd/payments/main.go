package main

import (
	"log"
	"net/http"

	"github.com/stripe/stripe-go/v81"

	"example.com/payments/internal/billing"
	"example.com/payments/internal/config"
)

func main() {
	settings, err := config.FromEnvironment()
	if err != nil {
		log.Fatal(err)
	}
	stripe.Key = settings.StripeKey
	http.HandleFunc("POST /stripe/invoices", billing.Invoices(settings.WebhookSecret))
	http.HandleFunc("POST /stripe/connect", billing.Connect)
	log.Fatal(http.ListenAndServe(":8080", nil))
}
