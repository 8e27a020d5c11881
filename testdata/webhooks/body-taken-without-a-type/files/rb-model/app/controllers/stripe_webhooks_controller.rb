class StripeWebhooksController < ApplicationController
  def create
    StripeEvent.create!(event_type: params[:type], data: params[:data])
    head :ok
  end
end
