package main
import "github.com/stripe/stripe-go/v76/webhook"
func hook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	event, err := webhook.ConstructEventWithOptions(body, r.Header.Get("Stripe-Signature"), secret, webhook.ConstructEventOptions{
		IgnoreAPIVersionMismatch: true,
		IgnoreTolerance: true,
	})
	if err != nil {
		w.WriteHeader(400)
		return
	}
	if event.Type == "invoice.paid" {
		pay(event)
	}
}
