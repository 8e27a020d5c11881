use axum::{extract::State, http::{HeaderMap, StatusCode}, routing::post, Router};

#[derive(Clone)]
struct Billing { secret: String }

impl Billing {
    fn load(&self, body: &str, sig: &str) -> Result<stripe::Event, stripe::WebhookError> {
        stripe::Webhook::construct_event(body, sig, &self.secret)
    }
}

async fn hook(State(billing): State<Billing>, headers: HeaderMap, body: String) -> StatusCode {
    let sig = headers.get("stripe-signature").and_then(|v| v.to_str().ok()).unwrap_or("");
    let Ok(event) = billing.load(&body, sig) else { return StatusCode::BAD_REQUEST };
    match event.type_ {
        stripe::EventType::CheckoutSessionCompleted => mark_paid(event).await,
        _ => {}
    }
    StatusCode::OK
}

#[tokio::main]
async fn main() { let app = Router::new().route("/x", post(hook)); }
