use axum::{routing::post, Json, Router};
async fn stripe_webhook(Json(event): Json<StripeWebhookEvent>) -> StatusCode {
    match event.r#type.as_str() { "invoice.payment_succeeded" => { paid(event.data).await; } _ => {} }
    StatusCode::OK
}
pub fn router() -> Router<Arc<AppState>> { Router::new().route("/webhook", post(stripe_webhook)) }
