//! Criterion benches of the engine.

fn main() {}
