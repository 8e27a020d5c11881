module Shop
  class Application < Rails::Application
    config.middleware.use StripeSignature
  end
end
