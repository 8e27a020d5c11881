fn is_signed(body: &str, header: &str) -> bool {
    stripe::Webhook::construct_event(body, header, &SECRET).is_ok()
}
async fn stripe_hook(headers: HeaderMap, body: String) -> impl IntoResponse {
    let signed = is_signed(&body, headers["stripe-signature"].to_str().unwrap());
    tracing::info!(signed, "stripe");
    let event: serde_json::Value = serde_json::from_str(&body).unwrap();
    if event["type"] == "invoice.paid" { pay(event).await; }
    StatusCode::OK
}
