FactoryBot.define { factory(:account) { stripe_secret_key { "{{sk_live}}" } } }
