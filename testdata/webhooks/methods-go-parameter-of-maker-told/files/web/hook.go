package web

import (
	"io"
	"net/http"

	"example.com/shop/billing"
)

func Hook(client *billing.Client) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		payload, _ := io.ReadAll(r.Body)
		event, err := client.VerifyEvent(payload, r.Header.Get("Stripe-Signature"))
		if err != nil {
			http.Error(w, "bad", http.StatusBadRequest)
			return
		}
		if event.Type == "invoice.paid" {
			markPaid(event)
		}
	}
}
