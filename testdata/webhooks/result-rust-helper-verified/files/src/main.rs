fn parse(body: &str, header: &str) -> Result<stripe::Event, AppError> {
    stripe::Webhook::construct_event(body, header, &SECRET).map_err(AppError::from)
}
async fn stripe_hook(headers: HeaderMap, body: String) -> impl IntoResponse {
    match parse(&body, headers["stripe-signature"].to_str().unwrap()) {
        Ok(event) => { if event.type_.as_str() == "invoice.paid" { pay(event).await; } StatusCode::OK }
        Err(error) => { tracing::error!("{error}"); StatusCode::BAD_REQUEST }
    }
}
