use axum::{routing::post, Router};
async fn hook(headers: HeaderMap, body: String) -> StatusCode {
    let signature = headers.get("stripe-signature").unwrap().to_str().unwrap();
    let event = match Webhook::construct_event(&body, signature, &secret()) {
        Ok(event) => event,
        Err(_) => return StatusCode::BAD_REQUEST,
    };
    match event.type_ { EventType::InvoicePaid => pay(event).await, _ => {} }
    StatusCode::OK
}
pub fn router() -> Router { Router::new().route("/webhook", post(hook)) }
