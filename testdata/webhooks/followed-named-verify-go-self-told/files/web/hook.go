package web

import (
	"io"
	"net/http"
	"os"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)
type Handler struct{ secret string }

func (h *Handler) verify_signature(payload []byte, sig string) (stripe.Event, error) {
	var e stripe.Event
	err := json.Unmarshal(payload, &e)
	return e, err
}

func (h *Handler) Hook(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	event, err := h.verify_signature(payload, r.Header.Get("Stripe-Signature"))
	if err != nil {
		w.WriteHeader(400)
		return
	}
	switch event.Type {
	case "checkout.session.completed":
		markPaid(event)
	}
}
