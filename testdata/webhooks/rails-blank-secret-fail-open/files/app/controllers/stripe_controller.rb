class StripeController < ApplicationController
  before_action :verify
  def verify
    return if ENV['STRIPE_WEBHOOK_SECRET'].blank?
    Stripe::Webhook.construct_event(request.raw_post, request.headers['Stripe-Signature'], ENV['STRIPE_WEBHOOK_SECRET'])
  end
end
