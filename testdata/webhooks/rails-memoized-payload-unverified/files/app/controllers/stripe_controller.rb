class StripeController < ApplicationController
  def create
    case payload['type']
    when 'invoice.paid' then pay(payload)
    end
    head :ok
  end
  private
  def payload
    @payload ||= JSON.parse(request.raw_post)
  end
end
