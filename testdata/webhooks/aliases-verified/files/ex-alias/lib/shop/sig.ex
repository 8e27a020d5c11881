defmodule Shop.Sig do
  def check(body, sig), do: Stripe.Webhook.construct_event(body, sig, secret())
end
