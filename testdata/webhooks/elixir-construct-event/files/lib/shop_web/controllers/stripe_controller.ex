defmodule ShopWeb.StripeController do
  use ShopWeb, :controller

  def webhook(conn, _params) do
    {:ok, payload, conn} = Plug.Conn.read_body(conn)
    [signature] = get_req_header(conn, "stripe-signature")

    case Stripe.Webhook.construct_event(payload, signature, secret()) do
      {:ok, %{type: "invoice.paid"} = event} ->
        Billing.extend(event.data.object)
        send_resp(conn, 200, "")

      {:ok, _event} ->
        send_resp(conn, 200, "")

      {:error, reason} ->
        send_resp(conn, 400, reason)
    end
  end

  defp secret, do: Application.get_env(:shop, :stripe_webhook_secret)
end
