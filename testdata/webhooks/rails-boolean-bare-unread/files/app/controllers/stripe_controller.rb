class StripeController < ApplicationController
  def create
    signed?
    event = JSON.parse(request.raw_post)
    pay(event) if event['type'] == 'invoice.paid'
    head :ok
  end
  private
  def signed?
    Stripe::Webhook.construct_event(request.raw_post, request.headers['Stripe-Signature'], ENV['WHSEC'])
    true
  rescue Stripe::SignatureVerificationError
    false
  end
end
