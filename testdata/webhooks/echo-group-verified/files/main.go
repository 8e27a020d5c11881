package main

import (
	"encoding/json"
	"io"

	"github.com/labstack/echo/v4"
	"github.com/stripe/stripe-go/v80/webhook"
)

func verify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		body, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		if _, err := webhook.ConstructEvent(body, c.Request().Header.Get("Stripe-Signature"), secret); err != nil {
			return echo.NewHTTPError(400)
		}
		return next(c)
	}
}

func hook(c echo.Context) error {
	var event struct{ Type string }
	if err := json.NewDecoder(c.Request().Body).Decode(&event); err != nil {
		return err
	}
	if event.Type == "invoice.paid" {
		grant(event)
	}
	return c.NoContent(200)
}

func main() {
	e := echo.New()
	g := e.Group("/stripe", verify)
	g.POST("/webhook", hook)
	e.Start(":1")
}
