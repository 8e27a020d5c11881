use stripe::Webhook as W;
pub async fn hook(headers: HeaderMap, body: String) -> Result<StatusCode, StatusCode> {
    let event = W::construct_event(&body, sig(&headers), &secret()).map_err(|_| StatusCode::BAD_REQUEST)?;
    if event.type_.as_str() == "invoice.paid" { pay(event).await; }
    Ok(StatusCode::OK)
}
