class ForeignWebhooksController < ApplicationController
  before_action only: [:stripe] do
    endpoint_secret = GlobalConfig.dig(:stripe, :endpoint_secret)
    validate_stripe_webhook(endpoint_secret)
  end
  def stripe
    if @stripe_event["id"]
      HandleStripeEventWorker.perform_async(@stripe_event.as_json)
      render json: { success: true }
    end
  end
  private
  def validate_stripe_webhook(endpoint_secret)
    payload = request.body.read
    sig_header = request.env["HTTP_STRIPE_SIGNATURE"]
    begin
      @stripe_event = Stripe::Webhook.construct_event(payload, sig_header, endpoint_secret)
    rescue JSON::ParserError
      render json: { success: false }, status: :bad_request
    rescue Stripe::SignatureVerificationError
      render json: { success: false }, status: :bad_request
    end
  end
end
