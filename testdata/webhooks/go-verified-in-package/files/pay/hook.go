package pay
func Hook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if err := checkStripe(body, r.Header.Get("Stripe-Signature")); err != nil { w.WriteHeader(400); return }
	var event stripe.Event
	json.Unmarshal(body, &event)
	switch event.Type {
	case "invoice.paid":
		extend(event)
	}
}
