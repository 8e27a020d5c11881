use axum::{middleware, routing::post, Json, Router};
async fn verify(request: Request, next: Next) -> Result<Response, StatusCode> {
    let (parts, body) = request.into_parts();
    let bytes = body::to_bytes(body, 1024).await.unwrap();
    Webhook::construct_event(str::from_utf8(&bytes).unwrap(), parts.headers["stripe-signature"].to_str().unwrap(), &secret())
        .map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok(next.run(Request::from_parts(parts, Body::from(bytes))).await)
}
async fn hook(Json(event): Json<Sent>) -> StatusCode {
    match event.kind.as_str() { "invoice.paid" => pay(event).await, _ => {} }
    StatusCode::OK
}
pub fn router() -> Router { let open = Router::new().route("/webhook", post(hook)); let closed = Router::new().route("/other", get(other)).layer(middleware::from_fn(verify)); open.merge(closed) }
