async fn hook(headers: HeaderMap, body: String) -> StatusCode {
    if let Ok(event) = stripe::Webhook::construct_event(&body, headers["stripe-signature"].to_str().unwrap(), &SECRET) {
        if event.type_.as_str() == "invoice.paid" { pay(event).await; }
    }
    StatusCode::OK
}
