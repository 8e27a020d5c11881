package main
func hook(w http.ResponseWriter, r *http.Request) {
	payload, _ := io.ReadAll(r.Body)
	var event stripe.Event
	var err error
	if secret != "" {
		event, err = webhook.ConstructEvent(payload, r.Header.Get("Stripe-Signature"), secret)
		if err != nil {
			w.WriteHeader(400)
			return
		}
	} else {
		json.Unmarshal(payload, &event)
	}
	dispatch(event)
}
