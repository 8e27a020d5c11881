package pay
func checkStripe(body []byte, header string) error {
	return webhook.ValidatePayload(body, header, os.Getenv("STRIPE_WEBHOOK_SECRET"))
}
