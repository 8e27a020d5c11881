class StripeHooksController < ApplicationController
  E = ::Stripe::Event
  def create
    event = E.construct_from(JSON.parse(request.raw_post))
    Order.pay!(event)
    head :ok
  end
end
