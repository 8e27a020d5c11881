package web

import (
	"io"
	"net/http"
	"github.com/stripe/stripe-go/v76"
)
type Loader interface {
	Load(payload []byte, sig string) (stripe.Event, error)
}

type Handler struct{ b Loader }

func (h *Handler) Hook(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	event, err := h.b.Load(payload, r.Header.Get("Stripe-Signature"))
	if err != nil {
		w.WriteHeader(400)
		return
	}
	switch event.Type {
	case "checkout.session.completed":
		markPaid(event)
	}
}
