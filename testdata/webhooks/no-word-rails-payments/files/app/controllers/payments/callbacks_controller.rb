class Payments::CallbacksController < ActionController::API
  def create
    event = JSON.parse(request.raw_post)
    case event['type']
    when 'invoice.payment_succeeded' then Invoice.mark_paid(event.dig('data', 'object', 'id'))
    end
    head :ok
  end
end
