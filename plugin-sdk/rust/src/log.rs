//! The log: the only thing that a plugin can reach outside of itself.

use std::fmt::{self, Write as _};

use cordboard_contract::v0_1::LOG_LINE_BYTES_MAX;

/// How much a line of the log matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u32)]
pub enum Level {
    /// For the author of the plugin.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Broken.
    Error,
}

/// Writes a line to the host's log, `log!(Warn, "no rule for queue {}", queue.0)`.
///
/// The level is a variant of [`Level`](crate::Level). A line is cut after 512 bytes; the host drops what comes
/// after 16 lines of one call. Formatting takes longer than most decisions do, so log what is rare.
/// In native tests lines go to `testing::logged`.
#[macro_export]
macro_rules! log {
    ($level:ident, $($message:tt)+) => {
        $crate::__private::write_log($crate::Level::$level, ::core::format_args!($($message)+))
    };
}

/// Formats a line without allocating and hands it to the host.
pub fn write(level: Level, message: fmt::Arguments<'_>) {
    if let Some(line) = message.as_str() {
        return sink::write(level, line);
    }
    let mut line = Line {
        bytes: [0; LOG_LINE_BYTES_MAX],
        length: 0,
    };
    // Fails when the line is full, and then the line is what there is room for.
    let _ = line.write_fmt(message);
    sink::write(level, line.as_str());
}

/// A line with room for [`LOG_LINE_BYTES_MAX`] bytes.
struct Line {
    bytes: [u8; LOG_LINE_BYTES_MAX],
    length: usize,
}

impl Line {
    fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.length).unwrap_or_default();
        core::str::from_utf8(written).unwrap_or_default()
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        let fits = text.floor_char_boundary(room.len());
        for (to, from) in room.iter_mut().zip(text.bytes().take(fits)) {
            *to = from;
        }
        self.length += fits;
        if fits < text.len() {
            return Err(fmt::Error);
        }
        Ok(())
    }
}

#[cfg(target_arch = "wasm32")]
use crate::guest as sink;

/// Keeps lines for tests: natively there is no host.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod sink {
    use super::Level;
    use std::cell::RefCell;

    thread_local! {
        static LINES: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
    }

    /// Most lines that are kept; a plugin that runs natively for long must not fill the memory.
    const LINES_MAX: usize = 1_000;

    pub(crate) fn write(level: Level, line: &str) {
        LINES.with_borrow_mut(|lines| {
            if lines.len() < LINES_MAX {
                lines.push((level, line.to_owned()));
            }
        });
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn take() -> Vec<(Level, String)> {
        LINES.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_formatted() {
        crate::log!(Warn, "no rule for queue {}", 7);
        crate::log!(Info, "plain");
        let expected = [
            (Level::Warn, "no rule for queue 7".to_owned()),
            (Level::Info, "plain".to_owned()),
        ];
        assert_eq!(sink::take(), expected);
    }

    #[test]
    fn a_long_line_is_cut_between_letters() {
        let text = "é".repeat(300);
        crate::log!(Debug, "x{text}");
        let (_, line) = sink::take().remove(0);
        assert_eq!(line.len(), 511, "one byte of room is too little for `é`");
        assert!(line.ends_with('é'));
    }
}
