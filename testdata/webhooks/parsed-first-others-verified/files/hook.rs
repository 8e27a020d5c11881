async fn hook(headers: HeaderMap, body: String) -> StatusCode {
    if serde_json::from_str::<stripe::Event>(&body).is_err() {
        return StatusCode::BAD_REQUEST;
    }
    let sig = headers.get("stripe-signature").and_then(|v| v.to_str().ok()).unwrap_or("");
    let Ok(event) = stripe::Webhook::construct_event(&body, sig, &secret()) else { return StatusCode::BAD_REQUEST };
    if event.type_ == stripe::EventType::InvoicePaid {
        mark_paid(event).await;
    }
    StatusCode::OK
}
