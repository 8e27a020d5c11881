#[derive(Clone)]
pub struct Billing { secret: String }

impl Billing {
    pub fn load(&self, body: &str, sig: &str) -> Result<stripe::Event, stripe::WebhookError> {
        stripe::Webhook::construct_event(body, sig, &self.secret)
    }
}
