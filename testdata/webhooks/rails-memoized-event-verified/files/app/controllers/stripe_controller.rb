class StripeController < ApplicationController
  def create
    case event['type']
    when 'invoice.paid' then pay(event)
    end
    head :ok
  end
  private
  def event
    @event ||= Stripe::Webhook.construct_event(request.raw_post, request.headers['Stripe-Signature'], ENV['WHSEC'])
  end
end
