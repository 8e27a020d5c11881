use crate::signature::checked;
pub async fn stripe_hook(headers: HeaderMap, body: Bytes) -> StatusCode {
    let event: serde_json::Value = match checked(&headers, &body) { Some(v) => v, None => return StatusCode::BAD_REQUEST };
    let _again: serde_json::Value = serde_json::from_slice(&body).unwrap();
    match event["type"].as_str() { Some("invoice.paid") => extend(&event).await, _ => {} }
    StatusCode::OK
}
