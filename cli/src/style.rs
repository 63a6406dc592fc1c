//! How words look on a terminal; anstream takes it away elsewhere.

use anstyle::{AnsiColor, Style};

pub const HEAD: Style = Style::new().bold();
pub const WEAK: Style = Style::new().dimmed();
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const BAD: Style = AnsiColor::Red.on_default().bold();
