require "openssl"
class StripeController < ApplicationController
  skip_before_action :verify_authenticity_token
  def webhook
    payload = request.body.read
    return head :bad_request unless genuine?(payload, request.headers["Stripe-Signature"].to_s)
    event = JSON.parse(payload)
    case event["type"]
    when "invoice.paid" then Order.pay(event["data"]["object"]["id"])
    end
    head :ok
  end
  private
  def genuine?(payload, header)
    parts = header.split(",").map { |p| p.split("=", 2) }
    t = parts.find { |k, _| k == "t" }&.last
    sigs = parts.select { |k, _| k == "v1" }.map(&:last)
    expected = OpenSSL::HMAC.hexdigest("SHA256", ENV.fetch("STRIPE_WEBHOOK_SECRET"), "#{t}.#{payload}")
    sigs.any? { |s| s == expected }
  end
end
