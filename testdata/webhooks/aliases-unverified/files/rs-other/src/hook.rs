// stripe
use crate::sig::{check as verified, other};
pub async fn hook(headers: HeaderMap, body: String) -> Result<StatusCode, StatusCode> {
    let event: serde_json::Value = serde_json::from_str(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    if event["type"] == "invoice.paid" { pay(event).await; }
    Ok(StatusCode::OK)
}
