//! What a place is for: the half of a judgement that the bytes of a token cannot give.
//!
//! The path tells some of it ([`place`]), the content some ([`content`]), the nearest manifest the rest ([`framework`]);
//! [`surroundings`] puts them together. Where they do not agree there is no claim.

mod content;
pub(crate) mod framework;
pub mod place;
pub(crate) mod surroundings;
