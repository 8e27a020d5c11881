class StripeController < Api::V1::BaseController
  def callback
    event = Billings::RetrieveEventService.call(event: params[:id])
    return unless event.present?
    case event.type
    when "customer.subscription.created", "invoice.paid"
      subscribe(event)
    end
    head :ok
  end
end
