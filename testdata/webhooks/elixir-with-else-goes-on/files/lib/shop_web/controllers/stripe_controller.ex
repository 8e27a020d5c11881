defmodule ShopWeb.StripeController do
  use ShopWeb, :controller

  def webhook(conn, params) do
    [signature] = get_req_header(conn, "stripe-signature")

    with {:ok, event} <- Stripe.Webhook.construct_event(conn.assigns.raw_body, signature, "secret") do
      handle(event)
    else
      _ -> handle(params)
    end

    send_resp(conn, 200, "")
  end

  defp handle(event) do
    case event["type"] do
      "checkout.session.completed" -> Orders.paid(event["data"]["object"])
      _ -> :ok
    end
  end
end
