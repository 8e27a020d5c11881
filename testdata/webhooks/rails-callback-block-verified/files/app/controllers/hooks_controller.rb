class HooksController < ApplicationController
  before_action(only: :create) { verify }
  def create
    event = JSON.parse(request.raw_post)
    pay(event) if event['type'] == 'invoice.paid'
    head :ok
  end
  private
  def verify
    Stripe::Webhook.construct_event(request.raw_post, request.headers['Stripe-Signature'], ENV['WHSEC'])
  end
end
