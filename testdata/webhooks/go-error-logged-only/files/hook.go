package main
import "github.com/stripe/stripe-go/v76/webhook"
func hook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if _, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), secret); err != nil {
		log.Println(err)
	}
	var event stripe.Event
	json.Unmarshal(body, &event)
	if event.Type == "invoice.paid" {
		pay(event)
	}
}
