class StripeController < ApplicationController
  skip_before_action :verify_authenticity_token

  def hook
    event = Billing.new(request.body.read, request.env["HTTP_STRIPE_SIGNATURE"]).verify_signature
    case event.type
    when "checkout.session.completed"
      Order.find(event.data.object.client_reference_id).update!(paid: true)
    end
    head :ok
  end
end
