module StripeSigned
  def require_stripe!
    Stripe::Webhook.construct_event(request.raw_post, request.headers['Stripe-Signature'], secret)
  rescue Stripe::SignatureVerificationError
    head :bad_request
  end
end
