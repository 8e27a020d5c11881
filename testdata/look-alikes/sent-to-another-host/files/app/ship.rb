class OrderController < ApplicationController
  def ship
    uri = URI("https://api.terminal.africa/v1/shipments")
    headers = { 'Content-Type': 'application/json', 'Authorization': 'Bearer sk_live_{{rand32}}' }
    Net::HTTP.get_response(uri, headers)
  end
end
