package hook
func StripeHook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var event map[string]any
	json.Unmarshal(body, &event)
	kind := event["type"].(string)
	if slices.Contains([]string{"invoice.paid", "charge.refunded"}, kind) {
		pay(event)
	}
}
