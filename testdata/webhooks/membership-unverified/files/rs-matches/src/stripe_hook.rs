use axum::Json;
pub async fn hook(Json(event): Json<serde_json::Value>) -> StatusCode {
    let kind = event["type"].as_str().unwrap_or_default();
    if matches!(kind, "invoice.paid" | "charge.refunded") {
        pay(&event).await;
    }
    StatusCode::OK
}
