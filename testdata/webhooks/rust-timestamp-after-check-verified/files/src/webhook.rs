impl Webhook {
    fn do_construct_event(self, payload: &str, sig: &str, secret: &str) -> Result<Event, WebhookError> {
        let signature = Signature::parse(sig)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| WebhookError::BadKey)?;
        mac.update(payload.as_bytes());
        let sig = hex::decode(signature.v1).map_err(|_| WebhookError::BadSignature)?;
        mac.verify_slice(sig.as_slice()).map_err(|_| WebhookError::BadSignature)?;
        // stripe
        if (self.current_timestamp - signature.t).abs() > 300 {
            return Err(WebhookError::BadTimestamp(signature.t));
        }
        self.parse_payload(payload)
    }
}
