//! The command rsmi-compat.
fn main() {}
