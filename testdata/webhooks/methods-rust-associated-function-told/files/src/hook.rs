use axum::{http::{HeaderMap, StatusCode}, extract::State};
use crate::billing::Billing;

pub async fn hook(State(s): State<i32>, headers: HeaderMap, body: String) -> StatusCode {
    let sig = headers.get("stripe-signature").and_then(|v| v.to_str().ok()).unwrap_or("");
    match Billing::new().verify_event(&body, sig) {
        Ok(event) => {
            if event.type_ == stripe::EventType::CheckoutSessionCompleted {
                mark_paid(event).await;
            }
            StatusCode::OK
        }
        Err(_) => StatusCode::BAD_REQUEST,
    }
}
