use axum::{http::{HeaderMap, StatusCode}, extract::State};
use std::sync::Arc;
use crate::state::AppState;

pub async fn hook(State(state): State<Arc<AppState>>, headers: HeaderMap, body: String) -> StatusCode {
    let sig = headers.get("stripe-signature").and_then(|v| v.to_str().ok()).unwrap_or("");
    match state.billing.verify_event(&body, sig) {
        Ok(event) => {
            if event.type_ == stripe::EventType::CheckoutSessionCompleted {
                mark_paid(event).await;
            }
            StatusCode::OK
        }
        Err(_) => StatusCode::BAD_REQUEST,
    }
}
