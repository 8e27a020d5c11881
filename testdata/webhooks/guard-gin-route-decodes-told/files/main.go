package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"

	"github.com/gin-gonic/gin"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)

func check(c *gin.Context) {
	body, _ := io.ReadAll(c.Request.Body)
	if !json.Valid(body) {
		c.AbortWithStatus(400)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	c.Next()
}

func hook(c *gin.Context) {
	var ev stripe.Event
	if err := c.ShouldBindJSON(&ev); err != nil {
		return
	}
	if ev.Type == "invoice.paid" {
		paid(ev)
	}
}

func main() {
	r := gin.New()
	r.POST("/stripe/webhook", check, hook)
}
