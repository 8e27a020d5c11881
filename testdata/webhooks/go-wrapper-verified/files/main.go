package main

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/stripe/stripe-go/v80/webhook"
)

func verify(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if _, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), secret); err != nil {
			w.WriteHeader(400)
			return
		}
		next(w, r)
	}
}

func hook(w http.ResponseWriter, r *http.Request) {
	var event map[string]any
	json.NewDecoder(r.Body).Decode(&event)
	switch event["type"] {
	case "invoice.paid":
		grant(event)
	}
}

func main() {
	http.HandleFunc("/webhook", verify(hook))
}
