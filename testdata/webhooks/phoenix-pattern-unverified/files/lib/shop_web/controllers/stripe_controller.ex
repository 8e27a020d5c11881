defmodule ShopWeb.StripeController do
  use ShopWeb, :controller
  def webhook(conn, %{"type" => "invoice.paid", "data" => data}) do
    Billing.paid(data)
    send_resp(conn, 200, "")
  end
  def webhook(conn, _), do: send_resp(conn, 200, "")
end
