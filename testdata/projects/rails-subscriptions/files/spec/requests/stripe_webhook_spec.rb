require "rails_helper"

RSpec.describe "Stripe webhooks" do
  let(:secret) { "whsec_test" }

  before { Rails.configuration.x.stripe.signing_secret = secret }

  it "refuses what is not signed" do
    post "/webhooks/stripe", params: { type: "invoice.paid" }.to_json
    expect(response).to have_http_status(:bad_request)
  end
end
