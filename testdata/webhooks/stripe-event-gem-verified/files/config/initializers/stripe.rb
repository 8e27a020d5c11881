StripeEvent.signing_secret = ENV['STRIPE_SIGNING_SECRET']
StripeEvent.configure do |events|
  events.subscribe 'charge.failed' do |event|
    Payment.fail!(event.data.object)
  end
  events.subscribe 'invoice.paid', InvoicePaid.new
end
