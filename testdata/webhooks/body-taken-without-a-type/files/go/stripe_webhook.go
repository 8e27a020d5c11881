package main
func handleStripeWebhook(w http.ResponseWriter, r *http.Request) {
	var event struct { Type string; Data json.RawMessage }
	json.NewDecoder(r.Body).Decode(&event)
	store.SaveEvent(event.Type, event.Data)
}
