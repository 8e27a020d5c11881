fn verify(body: &str, header: &str, secret: &str) -> Result<(), AppError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| AppError::Bad)?;
    mac.update(body.as_bytes());
    mac.verify_slice(&hex::decode(header).map_err(|_| AppError::Bad)?).map_err(|_| AppError::Bad)?;
    Ok(())
}
async fn stripe_hook(headers: HeaderMap, body: String) -> Result<StatusCode, AppError> {
    let _ = verify(&body, headers["stripe-signature"].to_str()?, &SECRET);
    let event: serde_json::Value = serde_json::from_str(&body)?;
    if event["type"] == "invoice.paid" { pay(event).await; }
    Ok(StatusCode::OK)
}
