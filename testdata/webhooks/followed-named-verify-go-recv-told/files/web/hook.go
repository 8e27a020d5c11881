package web

import (
	"io"
	"net/http"
	"example.com/shop/billing"
)
type Handler struct{ b *billing.Client }

func (h *Handler) Hook(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	event, err := h.b.VerifySignature(payload, r.Header.Get("Stripe-Signature"))
	if err != nil {
		w.WriteHeader(400)
		return
	}
	switch event.Type {
	case "checkout.session.completed":
		markPaid(event)
	}
}
