defmodule MyAppWeb.StripeController do
  use MyAppWeb, :controller

  def hook(conn, _params) do
    {:ok, body, conn} = Plug.Conn.read_body(conn)

    case Jason.decode(body) do
      {:ok, %{"type" => "checkout.session.completed"} = event} ->
        MyApp.Orders.mark_paid(event["data"]["object"])
        send_resp(conn, 200, "ok")

      _ ->
        send_resp(conn, 400, "")
    end
  end
end
