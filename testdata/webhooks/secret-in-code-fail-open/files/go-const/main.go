package main
import "github.com/stripe/stripe-go/v76/webhook"
const endpointSecret = "whsec_..."
func hook(w http.ResponseWriter, req *http.Request) {
	payload, err := io.ReadAll(req.Body)
	event, err := webhook.ConstructEvent(payload, req.Header.Get("Stripe-Signature"), endpointSecret)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if event.Type == "invoice.paid" { extend(event) }
}
