pub trait Payments {
    fn load(&self, body: &str, sig: &str) -> Result<stripe::Event, stripe::WebhookError>;
}

pub struct Billing {
    secret: String,
}

impl Payments for Billing {
    fn load(&self, body: &str, sig: &str) -> Result<stripe::Event, stripe::WebhookError> {
        stripe::Webhook::construct_event(body, sig, &self.secret)
    }

}
