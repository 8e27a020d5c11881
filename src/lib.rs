//! pinstripe finds every Stripe credential in the places where files and git can hide one, says what it is and how
//! exposed it is.

pub mod coverage;
pub mod engine;
pub mod finding;
pub mod key;
pub mod limits;
pub mod report;
pub mod rules;
pub mod secret;
