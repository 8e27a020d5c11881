class StripeController < ApplicationController
  def create
    event = JSON.parse(request.raw_post)
    if %w[invoice.paid charge.refunded].include?(event['type'])
      Order.pay!(event['data']['object'])
    end
    head :ok
  end
end
