package hook
import sdk "github.com/stripe/stripe-go/v84"
import hooks "github.com/stripe/stripe-go/v84/webhook"
func Hook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	event, err := hooks.ConstructEvent(body, r.Header.Get("Stripe-Signature"), secret)
	if err != nil { w.WriteHeader(400); return }
	switch event.Type { case sdk.EventTypeInvoicePaid: pay(event) }
}
func main() { http.HandleFunc("/x", Hook) }
