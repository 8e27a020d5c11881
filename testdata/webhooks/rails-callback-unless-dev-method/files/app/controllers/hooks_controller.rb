class HooksController < ApplicationController
  before_action :verify, unless: :development?
  def create
    event = JSON.parse(request.raw_post)
    pay(event) if event['type'] == 'invoice.paid'
    head :ok
  end
  private
  def development? = Rails.env.development?
  def verify
    Stripe::Webhook.construct_event(request.raw_post, request.headers['Stripe-Signature'], ENV['WHSEC'])
  rescue Stripe::SignatureVerificationError
    head :bad_request
  end
end
