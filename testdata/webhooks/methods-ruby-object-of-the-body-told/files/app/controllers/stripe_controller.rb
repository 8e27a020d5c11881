class StripeController < ApplicationController
  def hook
    event = StripeEvents.new(request.body.read, request.headers["Stripe-Signature"]).verify_event
    case event["type"]
    when "checkout.session.completed"
      Order.find(1).update!(paid: true)
    end
    head :ok
  end
end
