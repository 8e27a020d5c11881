class StripeController < ApplicationController
  skip_before_action :verify_authenticity_token
  def create
    event = JSON.parse(request.body.read)
    name = "handle_#{event['type'].tr('.', '_')}"
    send(name, event['data']['object']) if respond_to?(name, true)
    head :ok
  end
  private
  def handle_invoice_paid(invoice) = Subscription.extend(invoice['subscription'])
  def handle_customer_subscription_deleted(s) = Subscription.end(s['id'])
end
