class Hooks::BaseController < ActionController::API
  before_action :verify
  private
  def verify
    Stripe::Webhook.construct_event(request.raw_post, request.headers['Stripe-Signature'], ENV['STRIPE_WEBHOOK_SECRET'])
  rescue Stripe::SignatureVerificationError
    head :bad_request
  end
end
