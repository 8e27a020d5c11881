use actix_web::{web, App};
async fn stripe_webhook(event: web::Json<StripeWebhookEvent>) -> HttpResponse {
    match event.kind.as_str() { "invoice.payment_succeeded" => { paid(&event.data).await; } _ => {} }
    HttpResponse::Ok().finish()
}
pub fn config(cfg: &mut web::ServiceConfig) { cfg.route("/webhook", web::post().to(stripe_webhook)); }
