defmodule Hook do
  @secret "whsec_your_secret"
  def hook(conn, _params) do
    {:ok, payload, conn} = Plug.Conn.read_body(conn)
    [signature] = get_req_header(conn, "stripe-signature")
    case Stripe.Webhook.construct_event(payload, signature, "whsec_your_secret") do
      {:ok, %Stripe.Event{type: "invoice.paid"} = event} -> extend(event)
      {:error, _} -> send_resp(conn, 400, "")
    end
  end
end
