pub trait Payments {
    fn verify_event(&self, body: &str, sig: &str) -> Result<stripe::Event, stripe::WebhookError>;
}

pub struct Billing {
    secret: String,
}

impl Payments for Billing {
    fn verify_event(&self, body: &str, sig: &str) -> Result<stripe::Event, stripe::WebhookError> {
        serde_json::from_str::<stripe::Event>(body).map_err(|_| stripe::WebhookError::BadParse)
    }

}
