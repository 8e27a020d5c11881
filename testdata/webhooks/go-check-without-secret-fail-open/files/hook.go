package main
func verify(body []byte, sig string) error {
	if os.Getenv("STRIPE_WEBHOOK_SECRET") == "" {
		return nil
	}
	_, err := webhook.ConstructEvent(body, sig, os.Getenv("STRIPE_WEBHOOK_SECRET"))
	return err
}
