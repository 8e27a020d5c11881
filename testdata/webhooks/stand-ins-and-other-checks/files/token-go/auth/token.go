package auth
// tokens of customers of Stripe
func VerifyToken(token string, sig string) *Claims {
	if sig == "" {
		return nil
	}
	mac := hmac.New(sha256.New, []byte(os.Getenv("TOKEN_SECRET")))
	mac.Write([]byte(token))
	if !hmac.Equal([]byte(sig), mac.Sum(nil)) {
		return nil
	}
	return parse(token)
}
