defmodule ShopWeb.StripeController do
  use ShopWeb, :controller
  def create(conn, params) do
    with {:ok, event} <- verify(conn) do
      if event.type == "invoice.paid", do: Billing.pay(event)
      send_resp(conn, 200, "")
    else
      {:error, _} -> send_resp(conn, 400, "")
    end
  end
  defp verify(conn) do
    [signature] = get_req_header(conn, "stripe-signature")
    Stripe.Webhook.construct_event(conn.assigns.raw_body, signature, secret())
  end
end
