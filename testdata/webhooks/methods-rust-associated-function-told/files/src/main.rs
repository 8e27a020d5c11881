mod billing;
mod hook;
fn main() {}
