require 'sinatra'
require 'stripe'
post '/hook' do
  event = JSON.parse(request.body.read)
  halt 200 unless event['type'] == 'invoice.paid'
  pay(event)
  halt 200
end
