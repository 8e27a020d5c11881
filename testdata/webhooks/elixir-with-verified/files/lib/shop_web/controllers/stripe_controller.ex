defmodule ShopWeb.StripeController do
  use ShopWeb, :controller
  alias Shop.StripeSignature

  def webhook(conn, _params) do
    with {:ok, event} <- StripeSignature.verified_event(conn) do
      if event.type == "checkout.session.completed" do
        Orders.paid(event.data.object)
      end

      send_resp(conn, 200, "")
    else
      {:error, _} -> send_resp(conn, 400, "")
    end
  end
end
