package main
func config(w http.ResponseWriter, r *http.Request) {
	json.NewEncoder(w).Encode(map[string]string{"secret": os.Getenv("STRIPE_SECRET_KEY")})
}
