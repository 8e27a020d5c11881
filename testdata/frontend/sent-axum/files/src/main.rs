async fn config() -> Json<Config> {
    Json(Config { key: std::env::var("STRIPE_SECRET_KEY").unwrap() })
}
