require "net/http"
class StripeController < ApplicationController
  def webhook
    body = JSON.parse(request.body.read)
    event = JSON.parse(Net::HTTP.get(URI("https://api.stripe.com/v1/events/#{body["id"]}")))
    case event["type"]
    when "invoice.paid" then Order.pay(event["data"]["object"]["id"])
    end
    head :ok
  end
end
