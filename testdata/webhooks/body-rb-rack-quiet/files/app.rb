require 'stripe'
class Hook
  def call(env)
    payload = env['rack.input'].read
    begin
      event = Stripe::Webhook.construct_event(payload, env['HTTP_STRIPE_SIGNATURE'], ENV['WHSEC'])
    rescue Stripe::SignatureVerificationError
      return [400, {}, []]
    end
    Order.pay!(event['data']['object']) if event['type'] == 'checkout.session.completed'
    [200, {}, []]
  end
end
