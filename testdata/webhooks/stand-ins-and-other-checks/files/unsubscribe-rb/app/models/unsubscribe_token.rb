class UnsubscribeToken
  # not Stripe's
  def self.verify(token)
    return nil if token.blank?
    payload, signature = token.split('.')
    expected = OpenSSL::HMAC.hexdigest('SHA256', Rails.application.secret_key_base, payload)
    return nil unless ActiveSupport::SecurityUtils.secure_compare(signature, expected)
    JSON.parse(Base64.decode64(payload))
  end
end
