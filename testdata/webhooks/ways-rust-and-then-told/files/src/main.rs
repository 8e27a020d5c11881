use axum::{body::Bytes, http::StatusCode, routing::post, Json, Router};
use serde_json::Value;

async fn stripe_webhook(Json(ev): Json<Value>) -> StatusCode {
    
    match ev.get("type").and_then(|v| v.as_str()).unwrap_or_default() {
        "checkout.session.completed" => mark_paid(&ev).await,
        _ => {}
    }
    StatusCode::OK
}

#[tokio::main]
async fn main() {
    let app = Router::new().route("/stripe/webhook", post(stripe_webhook));
}
