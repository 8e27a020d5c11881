require 'stripe'
endpoint_secret = 'whsec_your_secret'
post '/webhook' do
  payload = request.body.read
  begin
    event = Stripe::Webhook.construct_event(payload, request.env['HTTP_STRIPE_SIGNATURE'], 'whsec_test')
  rescue Stripe::SignatureVerificationError
    halt 400
  end
  extend(event) if event.type == 'invoice.paid'
  status 200
end
