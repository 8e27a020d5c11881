use stripe::Event as StripeEvent;
use axum::Json;
pub async fn hook(Json(event): Json<StripeEvent>) -> StatusCode {
    pay(event).await;
    StatusCode::OK
}
