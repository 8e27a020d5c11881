class StripeController < ApplicationController
  def create
    event = JSON.parse(request.body.read)
    Order.pay(event) if event['type'] == 'invoice.paid'
    head :ok
  end
end
