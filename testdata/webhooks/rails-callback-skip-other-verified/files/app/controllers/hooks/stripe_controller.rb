class Hooks::StripeController < Hooks::BaseController
  skip_before_action :verify, only: [:ping]
  skip_before_action :authenticate_user!
  def ping = head(:ok)
  def create
    event = JSON.parse(request.raw_post)
    pay(event) if event['type'] == 'invoice.paid'
    head :ok
  end
end
