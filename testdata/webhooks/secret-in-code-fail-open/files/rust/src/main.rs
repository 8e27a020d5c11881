async fn hook(headers: HeaderMap, body: String) -> StatusCode {
    let Ok(event) = stripe::Webhook::construct_event(&body, headers["stripe-signature"].to_str().unwrap(), "whsec_xxxxx") else { return StatusCode::BAD_REQUEST };
    if event.type_ == EventType::InvoicePaid { extend(event).await; }
    StatusCode::OK
}
