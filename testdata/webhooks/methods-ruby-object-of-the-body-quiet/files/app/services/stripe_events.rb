class StripeEvents
  def initialize(body, signature)
    @body = body
    @signature = signature
  end

  def load
    Stripe::Webhook.construct_event(@body, @signature, ENV["STRIPE_WEBHOOK_SECRET"])
  end
end
