class WebhooksController < ApplicationController
  def create
    event = Stripe::Webhook.construct_event(request.body.read, request.env['HTTP_STRIPE_SIGNATURE'], Rails.application.credentials.dig(:stripe, :webhook_secret))
    extend_it(event) if event.type == 'invoice.paid'
    head :ok
  end
end
