use axum::{http::{HeaderMap, StatusCode}, extract::State};
use std::sync::Arc;
use crate::billing::Payments;

pub async fn hook(State(payments): State<Arc<dyn Payments>>, headers: HeaderMap, body: String) -> StatusCode {
    let sig = headers.get("stripe-signature").and_then(|v| v.to_str().ok()).unwrap_or("");
    match payments.load(&body, sig) {
        Ok(event) => {
            if event.type_ == stripe::EventType::CheckoutSessionCompleted {
                mark_paid(event).await;
            }
            StatusCode::OK
        }
        Err(_) => StatusCode::BAD_REQUEST,
    }
}
