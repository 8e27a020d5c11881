package web

import (
	"os"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)

type Client struct{}

func New() *Client { return &Client{} }

func (c *Client) Load(payload []byte, sig string) (stripe.Event, error) {
	return webhook.ConstructEvent(payload, sig, os.Getenv("STRIPE_WEBHOOK_SECRET"))
}

func Load(payload []byte, sig string) (stripe.Event, error) {
	return webhook.ConstructEvent(payload, sig, os.Getenv("STRIPE_WEBHOOK_SECRET"))
}
