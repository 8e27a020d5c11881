async fn hook(headers: HeaderMap, body: String) -> Result<StatusCode, AppError> {
    stripe::Webhook::construct_event(&body, headers["stripe-signature"].to_str()?, &SECRET).map_err(|_| AppError::Bad)?;
    let event: serde_json::Value = serde_json::from_str(&body)?;
    if event["type"] == "invoice.paid" { pay(event).await; }
    Ok(StatusCode::OK)
}
