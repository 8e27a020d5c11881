package web

import (
	"io"
	"net/http"
	"os"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)
type Handler struct{ secret string }

func (h *Handler) load(payload []byte, sig string) (stripe.Event, error) {
	return webhook.ConstructEvent(payload, sig, h.secret)
}

func (h *Handler) Hook(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	event, err := h.load(payload, r.Header.Get("Stripe-Signature"))
	if err != nil {
		w.WriteHeader(400)
		return
	}
	switch event.Type {
	case "checkout.session.completed":
		markPaid(event)
	}
}
