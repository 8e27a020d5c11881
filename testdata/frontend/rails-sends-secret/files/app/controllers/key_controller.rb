# Stripe
class KeyController < ApplicationController
  def show
    render json: { stripe: ENV['STRIPE_PUBLISHABLE_KEY'] }
  end
end
