require 'stripe'
post '/stripe-hook' do
  event = JSON.parse(request.body.read)
  if event['type'] == 'charge.succeeded'
    Order.find(event['data']['object']['metadata']['order']).pay!
  end
  200
end
