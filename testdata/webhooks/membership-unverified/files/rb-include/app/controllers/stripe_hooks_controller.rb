class StripeHooksController < ApplicationController
  def create
    event = JSON.parse(request.raw_post)
    if %w[invoice.paid charge.refunded].include?(event['type']) then Order.pay!(event['data']['object']) end
    head :ok
  end
end
