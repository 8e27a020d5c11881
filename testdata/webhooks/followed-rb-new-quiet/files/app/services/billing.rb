class Billing
  def self.load(body, sig)
    Stripe::Webhook.construct_event(body, sig, ENV["STRIPE_WEBHOOK_SECRET"])
  end

  def initialize(body, sig)
    @body, @sig = body, sig
  end

  def load
    Stripe::Webhook.construct_event(@body, @sig, ENV["STRIPE_WEBHOOK_SECRET"])
  end
end
