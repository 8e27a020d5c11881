post "/hook" do
  payload = request.body.read
  begin
    event = Stripe::Event.construct_from(JSON.parse(payload, symbolize_names: true))
  rescue JSON::ParserError
    status 400
    return
  end
  begin
    event = Stripe::Webhook.construct_event(payload, request.env["HTTP_STRIPE_SIGNATURE"], ENV["STRIPE_WEBHOOK_SECRET"])
  rescue Stripe::SignatureVerificationError
    status 400
    return
  end
  case event.type
  when "invoice.paid"
    mark_paid(event)
  end
end
