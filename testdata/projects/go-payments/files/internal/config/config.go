package config

import (
	"errors"
	"os"
)

// Settings of the service.
type Settings struct {
	StripeKey     string
	WebhookSecret string
}

// FromEnvironment reads the settings.
func FromEnvironment() (Settings, error) {
	settings := Settings{StripeKey: os.Getenv("STRIPE_SECRET_KEY"), WebhookSecret: os.Getenv("STRIPE_WEBHOOK_SECRET")}
	if settings.StripeKey == "" || settings.WebhookSecret == "" {
		return settings, errors.New("STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET are needed")
	}
	return settings, nil
}
