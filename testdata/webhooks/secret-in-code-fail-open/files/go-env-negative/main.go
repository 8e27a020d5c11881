package main
import "github.com/stripe/stripe-go/v76/webhook"
func hook(w http.ResponseWriter, req *http.Request) {
	payload, err := io.ReadAll(req.Body)
	event, err := webhook.ConstructEvent(payload, req.Header.Get("Stripe-Signature"), viper.GetString("stripe.webhook_secret"))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if event.Type == "invoice.paid" { extend(event) }
}
