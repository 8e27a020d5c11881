defmodule ShopWeb.StripeController do
  use ShopWeb, :controller
  def create(conn, params) do
    case verify(conn) do
      :ok -> Logger.info("signed")
      :error -> Logger.warning("bad signature")
    end
    handle(params)
    send_resp(conn, 200, "")
  end
  defp handle(%{"type" => "invoice.paid"} = event), do: Billing.pay(event)
  defp handle(_), do: :ok
  defp verify(conn) do
    [signature] = get_req_header(conn, "stripe-signature")
    case Stripe.Webhook.construct_event(conn.assigns.raw_body, signature, secret()) do
      {:ok, _} -> :ok
      {:error, _} -> :error
    end
  end
end
