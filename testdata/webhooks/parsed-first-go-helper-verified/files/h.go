package main

import (
	"encoding/json"
	"io"

	"github.com/gin-gonic/gin"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)

func verifyEvent(c *gin.Context) *stripe.Event {
	payload, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return nil
	}
	var event stripe.Event
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil
	}
	event, err = webhook.ConstructEvent(payload, c.GetHeader("Stripe-Signature"), secret)
	if err != nil {
		return nil
	}
	return &event
}

func Hook(c *gin.Context) {
	event := verifyEvent(c)
	if event == nil {
		return
	}
	if event.Type == "checkout.session.completed" {
		markPaid(event)
	}
}
