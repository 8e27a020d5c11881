package main

import (
	"encoding/json"
	"net/http"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/event"
)

func hook(w http.ResponseWriter, r *http.Request) {
	var e stripe.Event
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		return
	}
	ev, err := event.Get(e.ID, nil)
	if err != nil {
		w.WriteHeader(400)
		return
	}
	if ev.Type == "invoice.paid" {
		paid(ev)
	}
}
