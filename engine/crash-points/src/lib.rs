//! Named moments at which a test lets the process die, as hard as `kill -9` would.
//!
//! The crates of the engine pass these points only when they are built with their feature
//! `crash-points`, which no shipped program has. Even then nothing happens unless the environment
//! variable [`VARIABLE`] arms one: `CORDBOARD_CRASH_AT=after-send:17` ends the process the 17th time
//! that a request has left and its answer has come. No destructor runs and nothing is flushed.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Arms a point: `POINT:COUNT`.
pub const VARIABLE: &str = "CORDBOARD_CRASH_AT";

/// A moment at which the process may die.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    /// An input is at hand; the journal has not got it.
    BeforeAppend,
    /// The journal has the input in memory; it was not folded.
    AfterAppend,
    /// A group of inputs is to be written and synced.
    BeforeDurable,
    /// The group is on the disk; nobody was told.
    AfterDurable,
    /// A request to the service is about to leave.
    BeforeSend,
    /// The service has answered a request; not a byte of the answer was looked at.
    AfterSend,
    /// The answer was read; the journal does not know it.
    BeforeResponse,
    /// The answer was folded; that is not durable.
    AfterResponse,
    /// A webhook is durable and about to be acknowledged.
    BeforeAcknowledge,
    /// The acknowledgement has left.
    AfterAcknowledge,
    /// All parts of a snapshot are there but the last, which makes it count.
    BeforeSnapshot,
    /// The snapshot counts; nobody was told.
    AfterSnapshot,
    /// Entries that a snapshot covers are about to be cut off.
    BeforeTruncate,
    /// They are gone from the disk.
    AfterTruncate,
}

impl Point {
    /// Every point.
    pub const ALL: [Self; 14] = [
        Self::BeforeAppend,
        Self::AfterAppend,
        Self::BeforeDurable,
        Self::AfterDurable,
        Self::BeforeSend,
        Self::AfterSend,
        Self::BeforeResponse,
        Self::AfterResponse,
        Self::BeforeAcknowledge,
        Self::AfterAcknowledge,
        Self::BeforeSnapshot,
        Self::AfterSnapshot,
        Self::BeforeTruncate,
        Self::AfterTruncate,
    ];

    /// The name that arms it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BeforeAppend => "before-append",
            Self::AfterAppend => "after-append",
            Self::BeforeDurable => "before-durable",
            Self::AfterDurable => "after-durable",
            Self::BeforeSend => "before-send",
            Self::AfterSend => "after-send",
            Self::BeforeResponse => "before-response",
            Self::AfterResponse => "after-response",
            Self::BeforeAcknowledge => "before-acknowledge",
            Self::AfterAcknowledge => "after-acknowledge",
            Self::BeforeSnapshot => "before-snapshot",
            Self::AfterSnapshot => "after-snapshot",
            Self::BeforeTruncate => "before-truncate",
            Self::AfterTruncate => "after-truncate",
        }
    }
}

/// Passes a point; does not return if that is the passing that was armed.
pub fn pass(point: Point) {
    static PASSED: AtomicU64 = AtomicU64::new(0);
    if let Ok(Some(armed)) = armed()
        && armed.point == point
        && PASSED.fetch_add(1, Ordering::AcqRel) + 1 == armed.count
    {
        std::process::abort();
    }
}

/// Checks the environment, so that a test with a point that does not exist fails instead of passing.
///
/// # Errors
///
/// [`NotAPoint`].
pub fn check() -> Result<(), NotAPoint> {
    armed().clone().map(drop)
}

/// The environment variable names no point.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotAPoint(String);

impl std::fmt::Display for NotAPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = Point::ALL.map(Point::name).join(", ");
        write!(
            f,
            "`{VARIABLE}={}` is not `POINT:COUNT` with a count from 1; the points are {known}",
            self.0
        )
    }
}

impl std::error::Error for NotAPoint {}

/// What the environment arms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Armed {
    point: Point,
    count: u64,
}

impl FromStr for Armed {
    type Err = NotAPoint;

    fn from_str(text: &str) -> Result<Self, NotAPoint> {
        let parse = || {
            let (name, count) = text.split_once(':')?;
            let point = Point::ALL.into_iter().find(|point| point.name() == name)?;
            let count = count.parse().ok().filter(|count| *count > 0)?;
            Some(Self { point, count })
        };
        parse().ok_or_else(|| NotAPoint(text.to_owned()))
    }
}

fn armed() -> &'static Result<Option<Armed>, NotAPoint> {
    static ARMED: OnceLock<Result<Option<Armed>, NotAPoint>> = OnceLock::new();
    ARMED.get_or_init(|| match std::env::var_os(VARIABLE) {
        Some(text) => text.to_string_lossy().parse().map(Some),
        None => Ok(None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_can_be_armed_by_its_name_and_nothing_else() {
        for point in Point::ALL {
            let armed: Armed = format!("{}:17", point.name()).parse().unwrap();
            assert_eq!(armed, Armed { point, count: 17 });
        }
        for text in ["after-send", "after-send:0", "after-send:x", "later:1", ""] {
            let error = text.parse::<Armed>().unwrap_err().to_string();
            assert!(error.contains("after-truncate"), "{error}");
        }
    }
}
