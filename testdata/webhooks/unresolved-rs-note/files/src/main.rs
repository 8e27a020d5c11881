mod hook;
fn main() {}
