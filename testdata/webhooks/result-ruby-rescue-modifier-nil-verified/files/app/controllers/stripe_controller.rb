class StripeController < ApplicationController
  def create
    event = Stripe::Webhook.construct_event(request.raw_post, request.headers['Stripe-Signature'], ENV['WHSEC']) rescue nil
    return head(:bad_request) unless event
    pay(event) if event['type'] == 'invoice.paid'
    head :ok
  end
end
