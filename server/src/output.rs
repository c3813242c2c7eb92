//! What the program says. Whoever reads it may stop before the end, as `head` does: that is no mistake.

use std::fmt;
use std::io::{self, ErrorKind, Write};

/// Writes a line to standard output.
///
/// # Errors
/// It cannot be written, and not because nobody reads it any more.
pub(crate) fn say(text: impl fmt::Display) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes a line to standard error. Where that cannot be written there is nobody to tell.
pub(crate) fn tell(text: impl fmt::Display) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}
