use stripe::{Event as E, EventObject};
pub async fn hook(body: String) -> Result<StatusCode, StatusCode> {
    let event: E = serde_json::from_str(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    match event.type_ { EventType::InvoicePaid => pay(event).await, _ => {} }
    Ok(StatusCode::OK)
}
