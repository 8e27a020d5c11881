pub async fn stripe_webhook(Json(event): Json<serde_json::Value>) -> StatusCode {
    match event["type"].as_str() {
        Some("checkout.session.completed") => fulfil(&event).await,
        Some("invoice.paid") => extend(&event).await,
        _ => {}
    }
    StatusCode::OK
}
