defmodule ShopWeb.WebhookController do
  # Stripe
  def create(conn, params) do
    case params["type"] do
      "checkout.session.completed" -> Orders.paid(params["data"]["object"])
      "customer.subscription.deleted" -> Subs.cancel(params["data"]["object"])
      _ -> :ok
    end
    send_resp(conn, 200, "")
  end
end
