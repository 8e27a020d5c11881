package web

import (
	"io"
	"net/http"
	pay "example.com/shop/billing"
)

func Hook(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	event, err := (&pay.Client{}).VerifyEvent(payload, r.Header.Get("Stripe-Signature"))
	if err != nil {
		w.WriteHeader(400)
		return
	}
	switch event.Type {
	case "checkout.session.completed":
		markPaid(event)
	}
}
