package main

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/stripe/stripe-go/v80/webhook"
)

func verify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if _, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), secret); err != nil {
			w.WriteHeader(400)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func hook(w http.ResponseWriter, r *http.Request) {
	var event map[string]any
	json.NewDecoder(r.Body).Decode(&event)
	switch event["type"] {
	case "invoice.paid":
		grant(event)
	}
}

func hook2(w http.ResponseWriter, r *http.Request) {}

func main() {
	r := chi.NewRouter()
	r.With(verify).Post("/connect", hook2)
	r.Post("/webhook", hook)
	http.ListenAndServe(":1", r)
}
