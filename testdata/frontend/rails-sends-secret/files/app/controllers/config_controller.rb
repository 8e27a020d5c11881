# Stripe
class ConfigController < ApplicationController
  def show
    render json: { stripe: ENV['STRIPE_SECRET_KEY'] }
  end
end
