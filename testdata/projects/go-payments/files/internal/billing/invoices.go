package billing

import (
	"encoding/json"
	"net/http"

	"github.com/stripe/stripe-go/v81"
)

// Invoices handles events about invoices.
func Invoices(secret string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		event, err := readEvent(r, secret)
		if err != nil {
			http.Error(w, "bad signature", http.StatusBadRequest)
			return
		}
		switch event.Type {
		case "invoice.paid":
			var invoice stripe.Invoice
			if err := json.Unmarshal(event.Data.Raw, &invoice); err != nil {
				http.Error(w, "bad invoice", http.StatusBadRequest)
				return
			}
			extend(invoice.Customer.ID)
		case "customer.subscription.deleted":
			end(event.GetObjectValue("customer"))
		}
	}
}
