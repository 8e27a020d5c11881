class UrlRedirectsController < ApplicationController
  before_action :set_url_redirect
  # Refunds go through Stripe.
  def change_purchaser
    if params[:email].blank? || !ActiveSupport::SecurityUtils.secure_compare(params[:email].strip.downcase, @url_redirect.purchase.email.strip.downcase)
      flash[:alert] = "Please enter the correct email address"
      return redirect_to root_path
    end
    purchase.update!(purchaser: current_user)
  end
  private
  def set_url_redirect
    return if @url_redirect.referenced_link&.is_recurring_billing
    check_permissions
  end
end
