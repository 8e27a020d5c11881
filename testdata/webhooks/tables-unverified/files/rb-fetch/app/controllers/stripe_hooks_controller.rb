class StripeHooksController < ApplicationController
  HANDLERS = { 'invoice.paid' => PaidJob, 'charge.refunded' => RefundJob }.freeze
  def create
    event = JSON.parse(request.raw_post)
    HANDLERS.fetch(event['type'], NullJob).perform_later(event['data']['object'])
    head :ok
  end
end
