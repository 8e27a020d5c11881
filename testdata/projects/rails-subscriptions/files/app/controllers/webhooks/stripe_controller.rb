module Webhooks
  class StripeController < ApplicationController
    skip_forgery_protection

    def create
      event = Stripe::Webhook.construct_event(
        request.raw_post,
        request.headers["Stripe-Signature"],
        Rails.configuration.x.stripe.signing_secret
      )
      case event.type
      when "invoice.paid" then Subscription.extend_for(event.data.object)
      when "customer.subscription.deleted" then Subscription.end_for(event.data.object)
      end
      head :ok
    rescue JSON::ParserError, Stripe::SignatureVerificationError
      head :bad_request
    end
  end
end
