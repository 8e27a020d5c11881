class StripeController < ApplicationController
  skip_before_action :verify_authenticity_token
  def create
    event = Stripe::Webhook.construct_event(request.body.read, request.headers['Stripe-Signature'], ENV['WHSEC'])
    name = "handle_#{event['type'].tr('.', '_')}"
    send(name, event['data']['object']) if respond_to?(name, true)
    head :ok
  end
  private
  def handle_invoice_paid(invoice) = Subscription.extend(invoice['subscription'])
end
