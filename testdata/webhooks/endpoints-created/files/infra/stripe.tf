resource "stripe_webhook_endpoint" "main" {
  url            = "https://x.example/stripe"
  enabled_events = ["invoice.paid", "checkout.session.completed"]
}
