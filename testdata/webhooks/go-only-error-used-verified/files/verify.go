package main

import (
	"encoding/json"
	"fmt"

	"github.com/stripe/stripe-go/v82/webhook"
)

func VerifyCall(input map[string]string) ([]byte, error) {
	_, err := webhook.ConstructEvent([]byte(input["payload"]), input["signature"], input["secret"])
	if err != nil {
		return nil, fmt.Errorf("not signed by Stripe")
	}
	return json.Marshal(map[string]string{"status": "signed"})
}
