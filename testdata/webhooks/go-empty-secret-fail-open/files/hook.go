package pay
func StripeHook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var event stripe.Event
	var err error
	if secret != "" {
		event, err = webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), secret)
		if err != nil { w.WriteHeader(400); return }
	} else {
		json.Unmarshal(body, &event)
	}
	if event.Type == "invoice.paid" { extend(event) }
}
