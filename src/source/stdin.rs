//! Standard input as one text.

use std::io::Read;

use super::{Collector, Shared};
use crate::coverage::Reason;
use crate::site::{PathText, Place};

/// Scans everything that `input` yields, under `name`.
pub fn scan(shared: &Shared<'_>, input: &mut dyn Read, name: &str) {
    let mut collector = Collector::new(shared);
    let place = Place::file(PathText::new(name.as_bytes()));
    match collector.text(input, &place) {
        Ok(scanned) => collector.coverage().files += u64::from(scanned.bytes > 0),
        Err(error) => collector.skip(Reason::Unreadable, &format!("{name}: {error}")),
    }
}
