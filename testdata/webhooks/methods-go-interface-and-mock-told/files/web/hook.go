package web

import (
	"io"
	"net/http"
	"github.com/stripe/stripe-go/v76"
)
type Loader interface {
	VerifyEvent(payload []byte, sig string) (stripe.Event, error)
}

type Handler struct {
	loader Loader
}

func (h Handler) Hook(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	event, err := h.loader.VerifyEvent(payload, r.Header.Get("Stripe-Signature"))
	if err != nil {
		w.WriteHeader(400)
		return
	}
	switch event.Type {
	case "checkout.session.completed":
		markPaid(event)
	}
}
