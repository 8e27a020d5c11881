package hook
var handlers = map[string]func(Payload) error{
	"invoice.paid": paid,
	"charge.refunded": refunded,
}
func StripeHook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var event Payload
	json.Unmarshal(body, &event)
	if handler, ok := handlers[event.Type]; ok {
		handler(event)
	}
}
