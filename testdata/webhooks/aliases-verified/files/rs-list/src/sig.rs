pub fn check(body: &str, sig: &str) -> Result<stripe::Event, Error> { stripe::Webhook::construct_event(body, sig, &secret()) }
