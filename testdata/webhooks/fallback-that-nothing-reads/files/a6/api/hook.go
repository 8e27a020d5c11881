package api
import "shop/config"
func hook(w http.ResponseWriter, r *http.Request) {
	event, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), config.Load().WebhookSecret)
	if err != nil { return }
	if event.Type == "invoice.paid" { extend(event) }
}
