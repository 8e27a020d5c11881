class HooksController < ApplicationController
  def create
    event = Stripe::Webhook.construct_event(request.body.read, request.env['HTTP_STRIPE_SIGNATURE'], ENV['WHSEC'], tolerance: 10.minutes.to_i)
    Orders.pay(event) if event.type == 'invoice.paid'
    head :ok
  end
end
