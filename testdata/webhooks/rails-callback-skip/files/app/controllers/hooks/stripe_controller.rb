class Hooks::StripeController < Hooks::BaseController
  skip_before_action :verify, only: [:create]
  def create
    event = JSON.parse(request.raw_post)
    pay(event) if event['type'] == 'invoice.paid'
    head :ok
  end
end
