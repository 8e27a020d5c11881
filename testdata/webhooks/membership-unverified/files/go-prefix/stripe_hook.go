package hook
func StripeHook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var event Payload
	json.Unmarshal(body, &event)
	if strings.HasPrefix(event.Type, "customer.subscription.") {
		sync(event)
	}
}
