class StripeConnectController < ApplicationController
  skip_forgery_protection

  def create
    case params[:type]
    when "account.updated"
      Author.find_by!(account: params[:account]).update!(charges: params.dig(:data, :object, :charges_enabled))
    when "payout.paid"
      Payout.record(params[:data][:object])
    end
    head :ok
  end
end
