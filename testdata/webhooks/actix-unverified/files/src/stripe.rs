#[post("/stripe")]
async fn stripe_hook(event: web::Json<serde_json::Value>) -> HttpResponse {
    if event["type"] == "invoice.paid" { extend(&event).await; }
    HttpResponse::Ok().finish()
}
