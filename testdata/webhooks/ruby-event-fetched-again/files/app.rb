post '/stripe' do
  data = JSON.parse(request.body.read)
  event = Stripe::Event.retrieve(data['id'])
  pay(event) if event.type == 'invoice.paid'
  200
end
