require 'stripe'
class Hook
  def call(env)
    event = JSON.parse(env['rack.input'].read)
    Order.pay!(event['data']['object']) if event['type'] == 'checkout.session.completed'
    [200, {}, []]
  end
end
