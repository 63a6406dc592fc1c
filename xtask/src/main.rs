//! The developer commands that cargo has no name for.
fn main() {}
