class StripeSignature
  def initialize(app)
    @app = app
  end
  def call(env)
    if env['PATH_INFO'] == '/stripe/hook'
      begin
        Stripe::Webhook.construct_event(env['rack.input'].read, env['HTTP_STRIPE_SIGNATURE'], ENV['WHSEC'])
      rescue Stripe::SignatureVerificationError
        return [400, {}, []]
      end
    end
    @app.call(env)
  end
end
