class HooksController < ApplicationController
  before_action :verify, if: -> { ENV['STRIPE_WEBHOOK_SECRET'].present? }
  def create
    event = JSON.parse(request.raw_post)
    pay(event) if event['type'] == 'invoice.paid'
    head :ok
  end
  private
  def verify
    Stripe::Webhook.construct_event(request.raw_post, request.headers['Stripe-Signature'], ENV['STRIPE_WEBHOOK_SECRET'])
  rescue Stripe::SignatureVerificationError
    head :bad_request
  end
end
