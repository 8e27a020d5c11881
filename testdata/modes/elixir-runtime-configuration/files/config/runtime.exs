import Config
if config_env() == :prod do
  config :stripity_stripe, api_key: "{{sk_test}}"
end
