package main
func main() {
	mux := http.NewServeMux()
	mux.Handle("/stripe", verify(http.HandlerFunc(hook)))
}
func verify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if _, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), secret); err != nil {
			http.Error(w, "bad", 400)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}
func hook(w http.ResponseWriter, r *http.Request) {
	var e stripe.Event
	json.NewDecoder(r.Body).Decode(&e)
	if e.Type == "invoice.paid" {
		pay(e)
	}
}
