use crate::billing::Billing;

#[derive(Clone)]
pub struct App { pub billing: Billing }
