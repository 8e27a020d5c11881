defmodule ShopWeb.HooksController do
  use ShopWeb, :controller
  plug :log_request

  def stripe(conn, params) do
    type = params["type"]

    if type == "customer.subscription.deleted" do
      Shop.Subscriptions.cancel(params["data"]["object"]["id"])
    end

    json(conn, %{ok: true})
  end

  defp log_request(conn, _options) do
    Logger.info(conn.request_path)
    conn
  end
end
