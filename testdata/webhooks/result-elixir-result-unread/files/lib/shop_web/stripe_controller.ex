defmodule ShopWeb.StripeController do
  use ShopWeb, :controller
  def create(conn, _params) do
    [signature] = get_req_header(conn, "stripe-signature")
    Stripe.Webhook.construct_event(conn.assigns.raw_body, signature, secret())
    event = Jason.decode!(conn.assigns.raw_body)
    if event["type"] == "invoice.paid", do: Billing.pay(event)
    send_resp(conn, 200, "")
  end
end
