import Config
config :stripity_stripe, api_key: "{{sk_live}}"
