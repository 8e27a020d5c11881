class HooksController < ApplicationController
  skip_before_action :verify_authenticity_token
  def create
    event = JSON.parse(request.body.read)
    case event['type']
    when 'customer.subscription.deleted' then cancel(event['data']['object']['customer'])
    when 'invoice.payment_failed' then warn_of(event['data']['object'])
    end
    head :ok
  end
end
