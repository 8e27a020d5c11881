class StripeController < ApplicationController
  include StripeSigned
  before_action :require_stripe!
  def webhook
    event = JSON.parse(request.raw_post)
    case event['type']
    when 'invoice.paid' then extend_for(event)
    end
    head :ok
  end
end
