async fn hook(headers: HeaderMap, body: String) -> StatusCode {
    let event: stripe::Event = match serde_json::from_str::<stripe::Event>(&body) {
        Ok(event) => event,
        Err(_) => return StatusCode::BAD_REQUEST,
    };
    if event.type_ == stripe::EventType::InvoicePaid {
        mark_paid(event).await;
    }
    StatusCode::OK
}
