defmodule Shop.StripeSignature do
  def verified_event(conn) do
    [signature] = Plug.Conn.get_req_header(conn, "stripe-signature")
    Stripe.Webhook.construct_event(conn.assigns[:raw_body], signature, Application.fetch_env!(:shop, :stripe_secret))
  end
end
