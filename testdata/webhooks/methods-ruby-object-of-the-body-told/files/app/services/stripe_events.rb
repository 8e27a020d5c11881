class StripeEvents
  def initialize(body, signature)
    @body = body
    @signature = signature
  end

  def verify_event
    JSON.parse(@body)
  end
end
