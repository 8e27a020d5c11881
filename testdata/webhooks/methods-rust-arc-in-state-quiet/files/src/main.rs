mod billing;
mod hook;
mod state;
fn main() {}
