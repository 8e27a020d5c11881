class PaymentEventsController < ApplicationController
  skip_before_action :verify_authenticity_token

  def create
    begin
      Stripe::Webhook.construct_event(request.body.read, request.env['HTTP_STRIPE_SIGNATURE'], ENV['STRIPE_WEBHOOK_SECRET'])
    rescue JSON::ParserError
      render plain: '', status: 400 and return
    rescue Stripe::SignatureVerificationError
      head :bad_request and return
    end

    case params['type']
    when 'invoice.payment_succeeded'
      Membership.renew(params['data']['object']['customer'])
    end
    render plain: '', status: 200 and return
  end
end
