defmodule Router do
  use Plug.Router
  post "/stripe" do
    {:ok, body, conn} = read_body(conn)
    event = Jason.decode!(body)
    if event["type"] == "invoice.paid", do: Billing.paid(event)
    send_resp(conn, 200, "")
  end
end
