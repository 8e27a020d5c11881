defmodule ShopWeb.StripeController do
  use ShopWeb, :controller
  def webhook(conn, %{"type" => "invoice.paid", "data" => %{"object" => invoice}}) do
    Billing.extend(invoice["customer"])
    json(conn, %{received: true})
  end
end
