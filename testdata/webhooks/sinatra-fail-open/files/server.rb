post '/webhook' do
  webhook_secret = ENV['STRIP_WEBHOOK_SECRET'].to_s
  payload = request.body.read
  if !webhook_secret.empty?
    event = Stripe::Webhook.construct_event(payload, request.env['HTTP_STRIPE_SIGNATURE'], webhook_secret)
  else
    event = Stripe::Event.construct_from(JSON.parse(payload, symbolize_names: true))
  end
  extend_for(event) if event.type == 'invoice.paid'
  status 200
end
