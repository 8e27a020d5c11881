defmodule Hook do
  def call(conn, _) do
    {:ok, body, conn} = read_body(conn)
    [sig] = get_req_header(conn, "stripe-signature")
    case Stripe.Webhook.construct_event(body, sig, secret(), 86_400 * 30) do
      {:ok, %{type: "invoice.paid"} = event} -> pay(event)
      _ -> send_resp(conn, 400, "")
    end
  end
end
