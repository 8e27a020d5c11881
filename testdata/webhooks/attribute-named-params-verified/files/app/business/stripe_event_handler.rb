class StripeEventHandler
  attr_accessor :params
  def initialize(params)
    @params = params.to_hash.deep_symbolize_keys!
  end
  def handle_stripe_event
    if params && params[:type] == "account.application.deauthorized"
      deauthorize
    end
    with(stripe_event)
  end
  def stripe_event
    @_stripe_event ||= Stripe::Util.convert_to_stripe_object(params, {})
  end
end
