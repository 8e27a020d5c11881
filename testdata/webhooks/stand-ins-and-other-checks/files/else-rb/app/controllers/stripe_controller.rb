class StripeController < ApplicationController
  def create
    payload = request.body.read
    event = if ENV['STRIPE_WEBHOOK_SECRET'].present?
      Stripe::Webhook.construct_event(payload, request.env['HTTP_STRIPE_SIGNATURE'], ENV['STRIPE_WEBHOOK_SECRET'])
    else
      JSON.parse(payload)
    end
    StripeEventJob.perform_later(event)
    head :ok
  end
end
