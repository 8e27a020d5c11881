defmodule ShopWeb.HooksController do
  use ShopWeb, :controller
  plug :verify_signature

  def stripe(conn, params) do
    if params["type"] == "customer.subscription.deleted" do
      Shop.Subscriptions.cancel(params["data"]["object"]["id"])
    end

    json(conn, %{ok: true})
  end

  defp verify_signature(conn, _options) do
    [signature] = get_req_header(conn, "stripe-signature")

    case Stripe.Webhook.construct_event(conn.assigns.raw_body, signature, Application.get_env(:shop, :secret)) do
      {:ok, _} -> conn
      {:error, _} -> conn |> send_resp(400, "") |> halt()
    end
  end
end
