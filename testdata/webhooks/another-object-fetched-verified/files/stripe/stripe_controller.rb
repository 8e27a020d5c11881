class StripeController < ApplicationController
  def update
    if params['type'] == 'customer.subscription.updated'
      subscription = Stripe::Subscription.retrieve(params['data']['object']['id'])
      user = User.find_by(stripe_id: subscription.customer)
      user.until = Time.at(subscription.current_period_end)
      user.save
    end
    head :ok
  end
end
