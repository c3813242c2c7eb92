//! The `cordboard` program.
fn main() {}
