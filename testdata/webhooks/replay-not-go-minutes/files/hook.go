package main
import "github.com/stripe/stripe-go/v76/webhook"
func hook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	event, err := webhook.ConstructEventWithTolerance(body, r.Header.Get("Stripe-Signature"), secret, 10*time.Minute)
	if err != nil {
		w.WriteHeader(400)
		return
	}
	if event.Type == "invoice.paid" {
		pay(event)
	}
}
