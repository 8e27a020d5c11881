package web

import (
	"io"
	"net/http"
	"github.com/other/billing"
)

func Hook(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	event, err := billing.Load(payload, r.Header.Get("Stripe-Signature"))
	if err != nil {
		w.WriteHeader(400)
		return
	}
	switch event.Type {
	case "checkout.session.completed":
		markPaid(event)
	}
}
