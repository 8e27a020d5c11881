package main

func Hook(c *gin.Context) {
	payload, err := c.GetRawData()
	if err != nil {
		c.AbortWithStatus(400)
		return
	}
	var event stripe.Event
	err = json.Unmarshal(payload, &event)
	if err != nil {
		c.AbortWithStatus(400)
		return
	}
	event, err = webhook.ConstructEvent(payload, c.GetHeader("Stripe-Signature"), os.Getenv("STRIPE_WEBHOOK_SECRET"))
	if err != nil {
		c.AbortWithStatus(400)
		return
	}
	if event.Type == "invoice.paid" {
		markPaid(event)
	}
}
