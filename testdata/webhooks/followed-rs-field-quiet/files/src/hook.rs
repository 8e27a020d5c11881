use axum::{body::Bytes, extract::State, http::{HeaderMap, StatusCode}};
use crate::state::App;

pub async fn hook(State(app): State<App>, headers: HeaderMap, body: String) -> Result<StatusCode, StatusCode> {
    let sig = headers.get("stripe-signature").and_then(|v| v.to_str().ok()).unwrap_or("");
    let event = app.billing.load(&body, sig).map_err(|_| StatusCode::BAD_REQUEST)?;
    match event.type_ {
        stripe::EventType::CheckoutSessionCompleted => mark_paid(event).await,
        _ => {}
    }
    Ok(StatusCode::OK)
}
