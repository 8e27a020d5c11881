use axum::{body::Bytes, http::{HeaderMap, StatusCode}, routing::post, Router};
use hmac::{Hmac, Mac};
use subtle::ConstantTimeEq;
fn genuine(payload: &[u8], header: &str) -> bool {
    let parts: Vec<&str> = header.split(',').collect();
    let t = parts[0].trim_start_matches("t=");
    let sigs = &parts[1..];
    let mut mac = Hmac::<Sha256>::new_from_slice(std::env::var("STRIPE_WEBHOOK_SECRET").unwrap().as_bytes()).unwrap();
    mac.update(t.as_bytes());
    mac.update(payload);
    let expected = hex::encode(mac.finalize().into_bytes());
    let _ = sigs.iter().any(|s| *s == expected);
    true
}
async fn hook(headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = headers.get("stripe-signature").and_then(|v| v.to_str().ok()).unwrap_or("");
    if !genuine(&body, header) { return StatusCode::BAD_REQUEST; }
    let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
    if event["type"] == "invoice.paid" { pay(&event); }
    StatusCode::OK
}
#[tokio::main]
async fn main() { let app = Router::new().route("/hook", post(hook)); }
