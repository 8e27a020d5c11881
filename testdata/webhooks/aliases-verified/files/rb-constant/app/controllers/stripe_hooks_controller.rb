class StripeHooksController < ApplicationController
  Hook = Stripe::Webhook
  def create
    event = Hook.construct_event(request.raw_post, request.headers['Stripe-Signature'], ENV['STRIPE_WEBHOOK_SECRET'])
    Order.pay!(event) if event.type == 'invoice.paid'
    head :ok
  rescue Stripe::SignatureVerificationError
    head :bad_request
  end
end
