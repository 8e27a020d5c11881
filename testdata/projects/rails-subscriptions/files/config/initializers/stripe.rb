Stripe.api_key = Rails.application.credentials.dig(:stripe, :secret_key)
Stripe.api_version = "2025-01-27.acacia"

Rails.configuration.x.stripe.publishable_key = Rails.application.credentials.dig(:stripe, :publishable_key)
Rails.configuration.x.stripe.signing_secret = Rails.application.credentials.dig(:stripe, :signing_secret)
