class WebhooksController < ApplicationController
  ENDPOINT_SECRET = 'whsec_REPLACE_ME'.freeze
  def create
    event = Stripe::Webhook.construct_event(request.body.read, request.env['HTTP_STRIPE_SIGNATURE'], ENDPOINT_SECRET)
    case event.type
    when 'invoice.paid' then extend_it(event)
    end
    head :ok
  rescue Stripe::SignatureVerificationError
    head :bad_request
  end
end
