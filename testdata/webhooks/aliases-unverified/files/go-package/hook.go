package hook
import sdk "github.com/stripe/stripe-go/v84"
func Hook(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var event sdk.Event
	json.Unmarshal(body, &event)
	switch event.Type { case sdk.EventTypeInvoicePaid: pay(event) }
}
func main() { http.HandleFunc("/x", Hook) }
