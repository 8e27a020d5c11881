defmodule StripeController do
  alias Shop.Sig, as: S
  def hook(conn, _params) do
    {:ok, body, conn} = read_body(conn)
    [sig] = get_req_header(conn, "stripe-signature")
    case S.check(body, sig) do
      {:ok, %{type: "invoice.paid"} = event} -> pay(event); send_resp(conn, 200, "")
      {:ok, _} -> send_resp(conn, 200, "")
      {:error, _} -> send_resp(conn, 400, "")
    end
  end
end
