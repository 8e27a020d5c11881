class StripeWebhooksController < ApplicationController
  def create
    case params[:type]
    when 'invoice.paid' then extend_for(params[:data][:object])
    when 'customer.subscription.deleted' then cancel(params[:data][:object])
    end
    head :ok
  end
end
