class StripeWebhooksController < ApplicationController
  def create
    event = Stripe::Event.retrieve(params[:id])
    StripeLog.create!(event_type: params[:type], data: event.data)
    head :ok
  end
end
