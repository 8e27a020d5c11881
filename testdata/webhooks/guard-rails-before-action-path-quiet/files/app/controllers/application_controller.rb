class ApplicationController < ActionController::Base
  before_action :verify_stripe
  private
  def verify_stripe
    return unless request.path.start_with?('/stripe')
    Stripe::Webhook.construct_event(request.raw_post, request.headers['Stripe-Signature'], ENV['WHSEC'])
  rescue Stripe::SignatureVerificationError
    head :bad_request
  end
end
