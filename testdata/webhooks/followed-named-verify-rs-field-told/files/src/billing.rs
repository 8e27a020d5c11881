#[derive(Clone)]
pub struct Billing { secret: String }

impl Billing {
    pub fn verify_signature(&self, body: &str, sig: &str) -> Result<stripe::Event, stripe::WebhookError> {
        Ok(serde_json::from_str(body).unwrap())
    }
}
