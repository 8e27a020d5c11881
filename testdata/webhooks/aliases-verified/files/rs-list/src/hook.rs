use crate::sig::{check as verified, other};
pub async fn hook(headers: HeaderMap, body: String) -> Result<StatusCode, StatusCode> {
    let event = verified(&body, sig(&headers)).map_err(|_| StatusCode::BAD_REQUEST)?;
    if event.type_.as_str() == "invoice.paid" { pay(event).await; }
    Ok(StatusCode::OK)
}
