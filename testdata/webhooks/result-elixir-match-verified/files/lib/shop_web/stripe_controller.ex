defmodule ShopWeb.StripeController do
  use ShopWeb, :controller
  def create(conn, params) do
    [signature] = get_req_header(conn, "stripe-signature")
    {:ok, _event} = Stripe.Webhook.construct_event(conn.assigns.raw_body, signature, secret())
    if params["type"] == "invoice.paid", do: Billing.pay(params)
    send_resp(conn, 200, "")
  end
end
