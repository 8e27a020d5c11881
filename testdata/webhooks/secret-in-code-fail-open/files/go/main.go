package main
import "github.com/stripe/stripe-go/v76/webhook"
func hook(w http.ResponseWriter, req *http.Request) {
	payload, err := io.ReadAll(req.Body)
	endpointSecret := "whsec_your_secret"
	event, err := webhook.ConstructEvent(payload, req.Header.Get("Stripe-Signature"), endpointSecret)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	switch event.Type {
	case "invoice.paid":
		extend(event)
	}
}
