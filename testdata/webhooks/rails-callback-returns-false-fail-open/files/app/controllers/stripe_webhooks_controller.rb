class StripeWebhooksController < ApplicationController
  protect_from_forgery :except => :update_acc_status
  before_action :check_signature, only: [:update_acc_status]
  def check_signature
    return false if ENV['endpoint_secret'].blank?
    payload = request.body.read
    begin
      Stripe::Webhook.construct_event(payload, request.env['HTTP_STRIPE_SIGNATURE'], ENV['endpoint_secret'])
    rescue StandardError => e
      render json: { error: e.message }, status: 400 and return
    end
  end
  def update_acc_status
    case params['type']
    when 'account.updated'
      acct_update
    end
  end
end
