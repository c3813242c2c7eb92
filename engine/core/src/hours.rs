//! Opening hours in a time zone, with holidays. The zone database is compiled in, so the answer is
//! the same on every machine and in every replay.

use crate::ids::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

/// When a queue is open.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Hours {
    /// At any time.
    #[default]
    Always,
    /// By a weekly plan.
    Weekly(Box<WeeklyHours>),
}

/// A weekly plan in local time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WeeklyHours {
    /// IANA name, `Europe/Warsaw`.
    pub time_zone: String,
    /// Open spans, Monday first.
    pub days: [Vec<Span>; 7],
    /// Days on which it is closed, as year, month, day.
    pub holidays: Vec<(i16, i8, i8)>,
}

/// A span of a day in minutes after local midnight; open at `from`, closed at `until` (1440 is the
/// end of the day).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Span {
    /// First minute.
    pub from: u16,
    /// First minute after.
    pub until: u16,
}

impl Hours {
    /// Tells whether it is open. A zone that the database does not know counts as open, because a
    /// caller is better queued than turned away; configurations with such a zone are refused.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        match self {
            Self::Always => true,
            Self::Weekly(plan) => plan.is_open(now).unwrap_or(true),
        }
    }
}

impl WeeklyHours {
    fn is_open(&self, now: Timestamp) -> Option<bool> {
        let zone = find_zone(&self.time_zone)?;
        let millis = i64::try_from(now.0).ok()?;
        let local = jiff::Timestamp::from_millisecond(millis)
            .ok()?
            .to_zoned(zone);
        if self
            .holidays
            .contains(&(local.year(), local.month(), local.day()))
        {
            return Some(false);
        }
        let minute =
            u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).ok()?;
        let weekday = usize::try_from(local.weekday().to_monday_zero_offset()).ok()?;
        let spans = self.days.get(weekday)?;
        Some(
            spans
                .iter()
                .any(|span| span.from <= minute && minute < span.until),
        )
    }
}

/// Returns a zone of the compiled-in database; configurations are checked with it.
#[must_use]
pub fn find_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office() -> Hours {
        let day = vec![Span {
            from: 9 * 60,
            until: 17 * 60,
        }];
        Hours::Weekly(Box::new(WeeklyHours {
            time_zone: "Europe/Warsaw".to_owned(),
            days: [
                day.clone(),
                day.clone(),
                day.clone(),
                day.clone(),
                day,
                vec![],
                vec![],
            ],
            holidays: vec![(2026, 11, 11)],
        }))
    }

    fn at(text: &str) -> Timestamp {
        let moment: jiff::Timestamp = text.parse().unwrap();
        Timestamp(u64::try_from(moment.as_millisecond()).unwrap())
    }

    #[test]
    fn opens_and_closes_by_local_time_across_daylight_saving() {
        // Summer: Warsaw is two hours ahead of UTC.
        assert!(!office().is_open(at("2026-10-23T06:59:00Z")));
        assert!(office().is_open(at("2026-10-23T07:00:00Z")));
        // Winter: one hour.
        assert!(!office().is_open(at("2026-10-26T07:59:00Z")));
        assert!(office().is_open(at("2026-10-26T08:00:00Z")));
        assert!(!office().is_open(at("2026-10-26T16:00:00Z")));
    }

    #[test]
    fn is_closed_at_weekends_and_on_holidays() {
        assert!(!office().is_open(at("2026-10-24T10:00:00Z")));
        assert!(!office().is_open(at("2026-11-11T10:00:00Z")));
        assert!(office().is_open(at("2026-11-12T10:00:00Z")));
    }

    #[test]
    fn unknown_zones_are_found_out() {
        assert!(find_zone("Europe/Atlantis").is_none());
    }
}
