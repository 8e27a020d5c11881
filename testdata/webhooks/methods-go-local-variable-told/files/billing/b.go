package billing

import (
	"encoding/json"
	"os"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)

type Client struct {
	secret string
}

func (c *Client) VerifyEvent(payload []byte, sig string) (stripe.Event, error) {
	var e stripe.Event
	err := json.Unmarshal(payload, &e)
	return e, err
}
