pub struct Billing {
    secret: String,
}

impl Billing {
    pub fn verify_event(&self, body: &str, sig: &str) -> Result<stripe::Event, stripe::WebhookError> {
        serde_json::from_str::<stripe::Event>(body).map_err(|_| stripe::WebhookError::BadParse)
    }

}
