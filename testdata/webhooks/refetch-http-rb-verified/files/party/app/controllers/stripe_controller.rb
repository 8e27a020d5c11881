require "net/http"
class StripeController < ApplicationController
  def webhook
    body = JSON.parse(request.body.read)
    event = HTTParty.get("https://api.stripe.com/v1/events/#{body["id"]}").parsed_response
    case event["type"]
    when "invoice.paid" then Order.pay(event["data"]["object"]["id"])
    end
    head :ok
  end
end
