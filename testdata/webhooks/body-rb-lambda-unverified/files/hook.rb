require 'json'
require 'stripe'
def lambda_handler(event:, context:)
  stripe_event = JSON.parse(event['body'])
  extend_plan(stripe_event) if stripe_event['type'] == 'invoice.paid'
  { statusCode: 200 }
end
