class Billing
  def self.verify_signature(body, sig)
    Stripe::Event.construct_from(JSON.parse(body, symbolize_names: true))
  end

  def initialize(body, sig)
    @body, @sig = body, sig
  end

  def verify_signature
    Stripe::Event.construct_from(JSON.parse(@body, symbolize_names: true))
  end
end
