require "net/http"
class StripeController < ApplicationController
  def webhook
    body = JSON.parse(request.body.read)
    event = body
    case event["type"]
    when "invoice.paid" then Order.pay(event["data"]["object"]["id"])
    end
    head :ok
  end
end
