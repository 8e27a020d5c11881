defmodule PortalAPI.Stripe.WebhookController do
  use PortalAPI, :controller
  def handle_webhook(conn, _params) do
    secret = Application.fetch_env!(:portal, :webhook_signing_secret)
    with [signature_header] <- get_req_header(conn, "stripe-signature"),
         {:ok, body, conn} <- read_body(conn),
         {:ok, {timestamp, signatures}} <- fetch_timestamp_and_signatures(signature_header),
         :ok <- verify_timestamp(timestamp, 300),
         :ok <- verify_signatures(signatures, timestamp, body, secret),
         {:ok, payload} <- JSON.decode(body),
         :ok <- handle_events(payload) do
      send_resp(conn, 200, "")
    else
      [] -> send_resp(conn, 400, "Bad Request: missing signature header")
      {:error, :invalid_signature} -> send_resp(conn, 400, "Bad Request: invalid signature")
    end
  end
  defp handle_events(%{"type" => "invoice.paid"} = event), do: Billing.pay(event)
  defp handle_events(_), do: :ok
  defp verify_signatures(signatures, timestamp, payload, secret) do
    expected_signature = sign(timestamp, secret, payload)
    if Enum.any?(signatures, &Plug.Crypto.secure_compare(&1, expected_signature)) do
      :ok
    else
      {:error, :invalid_signature}
    end
  end
  defp sign(timestamp, secret, payload) do
    :crypto.mac(:hmac, :sha256, secret, "#{timestamp}.#{payload}") |> Base.encode16(case: :lower)
  end
end
