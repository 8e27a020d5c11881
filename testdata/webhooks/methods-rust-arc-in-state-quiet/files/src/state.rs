use std::sync::Arc;
use crate::billing::Billing;

pub struct AppState {
    pub billing: Arc<Billing>,
}
