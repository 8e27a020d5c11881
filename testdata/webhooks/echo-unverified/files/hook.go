package pay
func stripeHook(c echo.Context) error {
	var event struct { Type string `json:"type"` }
	if err := c.Bind(&event); err != nil { return err }
	if event.Type == "invoice.paid" { extend() }
	return c.NoContent(200)
}
