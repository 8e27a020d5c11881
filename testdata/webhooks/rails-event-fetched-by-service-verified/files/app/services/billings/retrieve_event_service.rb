module Billings
  class RetrieveEventService < BaseService
    def initialize(event:)
      @event = event
    end
    def call
      Billings::Event.retrieve(@event)
    end
  end
end
