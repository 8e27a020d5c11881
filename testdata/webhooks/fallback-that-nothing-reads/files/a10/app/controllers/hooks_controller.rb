class HooksController < ApplicationController
  def create
    event = Stripe::Webhook.construct_event(request.body.read, request.env['HTTP_STRIPE_SIGNATURE'], Rails.configuration.stripe[:signing_secret])
  end
end
