class StripeHooksController < ApplicationController
  def create
    event = JSON.parse(request.raw_post)
    Order.pay!(event['data']['object']) if event['type'].in?(%w[invoice.paid charge.refunded])
    head :ok
  end
end
