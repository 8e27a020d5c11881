defmodule StripeController do
  def hook(conn, params) do
    if params["type"] in ["invoice.paid", "charge.refunded"] do
      pay(params)
    end
    send_resp(conn, 200, "")
  end
end
