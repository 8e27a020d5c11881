class Charges
  def list
    uri = URI("https://example.com/v1/charges")
    headers = { 'Authorization': 'Bearer {{sk_live}}' }
    Net::HTTP.get_response(uri, headers)
  end
end
