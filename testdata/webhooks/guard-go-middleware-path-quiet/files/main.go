package main
import "github.com/stripe/stripe-go/v76/webhook"
func signed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stripe" {
			body, _ := io.ReadAll(r.Body)
			if _, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), os.Getenv("WHSEC")); err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
func main() {
	r := chi.NewRouter()
	r.Use(signed)
	r.Post("/stripe", func(w http.ResponseWriter, r *http.Request) {
		var event map[string]any
		json.NewDecoder(r.Body).Decode(&event)
		if event["type"] == "invoice.paid" {
			extend(event)
		}
	})
}
