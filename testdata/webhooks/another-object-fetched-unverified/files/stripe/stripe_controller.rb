class StripeController < ApplicationController
  def update
    object = params['data']['object']
    if params['type'] == 'checkout.session.completed'
      intent = Stripe::PaymentIntent.retrieve(object['payment_intent'])
      Stripe::Transfer.create(amount: 1, source_transaction: intent['latest_charge'])
    end
    head :ok
  end
end
