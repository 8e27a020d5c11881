class Hooks::StripeController < Hooks::BaseController
  skip_before_action :verify, if: -> { Rails.env.development? || Rails.env.staging? }
  def create
    event = JSON.parse(request.raw_post)
    pay(event) if event['type'] == 'invoice.paid'
    head :ok
  end
end
