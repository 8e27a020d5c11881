defmodule MyAppWeb.StripeHandler do
  @behaviour Stripe.WebhookHandler
  @impl true
  def handle_event(%Stripe.Event{type: "invoice.paid"} = event), do: Billing.extend(event)
  def handle_event(_event), do: :ok
end
