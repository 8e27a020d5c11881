module Stripe
  class WebhookVerifier
    def initialize(payload:, sig_header:, secret:)
      @payload, @sig_header, @secret = payload, sig_header, secret
    end
    def verify!
      ::Stripe::Webhook.construct_event(@payload, @sig_header, @secret)
    rescue JSON::ParserError, ::Stripe::SignatureVerificationError
      nil
    end
  end
end
