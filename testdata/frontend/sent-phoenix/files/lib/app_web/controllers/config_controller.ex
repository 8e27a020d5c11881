defmodule AppWeb.ConfigController do
  use AppWeb, :controller
  def show(conn, _params) do
    json(conn, %{key: System.get_env("STRIPE_SECRET_KEY")})
  end
end
