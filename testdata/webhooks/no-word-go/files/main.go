package main
import ("encoding/json"; "net/http")
func hook(w http.ResponseWriter, r *http.Request) {
	var e struct{ Type string; Data json.RawMessage }
	json.NewDecoder(r.Body).Decode(&e)
	switch e.Type {
	case "checkout.session.completed":
		fulfil(e.Data)
	case "customer.subscription.deleted":
		cancel(e.Data)
	}
}
func main() { http.HandleFunc("/payments/hook", hook) }
