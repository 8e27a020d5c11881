defmodule ShopWeb.StripeController do
  use ShopWeb, :controller
  def create(conn, params) do
    [signature] = get_req_header(conn, "stripe-signature")
    case Stripe.Webhook.construct_event(conn.assigns.raw_body, signature, secret()) do
      {:ok, %{type: "invoice.paid"} = event} ->
        Billing.pay(event)
        send_resp(conn, 200, "")
      {:ok, _} -> send_resp(conn, 200, "")
      {:error, reason} -> send_resp(conn, 400, reason)
    end
  end
end
