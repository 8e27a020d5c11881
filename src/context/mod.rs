//! What a place is for: the half of a judgement that the bytes of a token cannot give.

pub mod place;
pub mod within;
