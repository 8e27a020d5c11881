//! pinstripe finds every Stripe credential in the places where files and git can hide one, says what it is and how
//! exposed it is.

pub mod coverage;
pub mod limits;
