require 'sinatra'
get '/config' do
  content_type 'application/json'
  { key: ENV['STRIPE_SECRET_KEY'] }.to_json
end
