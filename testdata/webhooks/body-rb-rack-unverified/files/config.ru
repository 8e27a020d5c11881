require 'stripe'
run lambda { |env|
  req = Rack::Request.new(env)
  event = JSON.parse(req.body.read)
  Order.pay!(event) if event['type'] == 'invoice.paid'
  [200, {}, []]
}
