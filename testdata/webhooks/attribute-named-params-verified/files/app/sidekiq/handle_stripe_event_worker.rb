class HandleStripeEventWorker
  include Sidekiq::Job
  def perform(params)
    StripeEventHandler.new(params).handle_stripe_event
  end
end
