class HooksController < ApplicationController
  def create
    payload = request.body.read
    begin
      Stripe::Webhook.construct_event(payload, request.env['HTTP_STRIPE_SIGNATURE'], ENV['WHSEC'])
    rescue Stripe::SignatureVerificationError => e
      Rails.logger.warn(e.message)
    end
    event = JSON.parse(payload)
    pay(event) if event['type'] == 'invoice.paid'
    head :ok
  end
end
