async fn hook(headers: HeaderMap, body: String) -> StatusCode {
    if let Err(error) = stripe::Webhook::construct_event(&body, headers["stripe-signature"].to_str().unwrap(), &SECRET) {
        return StatusCode::BAD_REQUEST;
    }
    let event: serde_json::Value = serde_json::from_str(&body).unwrap();
    if event["type"] == "invoice.paid" { pay(event).await; }
    StatusCode::OK
}
