require 'sinatra'
require 'stripe'
post '/hook' do
  begin
    event = Stripe::Webhook.construct_event(request.body.read, request.env['HTTP_STRIPE_SIGNATURE'], ENV['SECRET'])
  rescue StandardError
    halt 400
  end
  pay(event) if event['type'] == 'invoice.paid'
  halt 200
end
