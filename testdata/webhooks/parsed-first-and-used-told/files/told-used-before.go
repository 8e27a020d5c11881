package main

func hook(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	var event stripe.Event
	if err := json.Unmarshal(payload, &event); err != nil {
		return
	}
	if os.Getenv("STRIPE_WEBHOOK_SECRET") != "" {
		event, err = webhook.ConstructEvent(payload, r.Header.Get("Stripe-Signature"), os.Getenv("STRIPE_WEBHOOK_SECRET"))
		if err != nil {
			return
		}
	}
	if event.Type == "invoice.paid" {
		markPaid(event)
	}
}
