defmodule MyAppWeb.Endpoint do
  plug Stripe.WebhookPlug, at: "/webhook/stripe", handler: MyAppWeb.StripeHandler, secret: {Application, :get_env, [:my_app, :stripe_webhook_secret]}
end
