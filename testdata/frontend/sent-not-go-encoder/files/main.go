package main
func config(w http.ResponseWriter, r *http.Request) {
	stripe.Key = os.Getenv("STRIPE_SECRET_KEY")
	json.NewEncoder(w).Encode(map[string]string{"publishableKey": os.Getenv("STRIPE_PUBLISHABLE_KEY")})
}
