//! Opening hours.

use super::Checker;
use crate::config::problem::Path;
use crate::config::v1::Hours as HoursText;
use cordboard_core::hours::{Hours, Span, WeeklyHours, find_zone};

const MINUTES_OF_A_DAY: u16 = 24 * 60;

impl Checker<'_> {
    pub(super) fn hours(&mut self, hours: Option<&HoursText>, path: &Path) -> Hours {
        let Some(hours) = hours else {
            return Hours::Always;
        };
        if find_zone(&hours.time_zone).is_none() {
            self.refuse(
                &path.key("time_zone"),
                format!(
                    "unknown time zone `{}`; use an IANA name like `Europe/Warsaw`",
                    hours.time_zone
                ),
            );
        }
        let days = [
            self.day(&hours.monday, &path.key("monday")),
            self.day(&hours.tuesday, &path.key("tuesday")),
            self.day(&hours.wednesday, &path.key("wednesday")),
            self.day(&hours.thursday, &path.key("thursday")),
            self.day(&hours.friday, &path.key("friday")),
            self.day(&hours.saturday, &path.key("saturday")),
            self.day(&hours.sunday, &path.key("sunday")),
        ];
        if days.iter().all(Vec::is_empty) {
            self.refuse(
                path,
                "has no open span on any day; add one, or leave `hours` out",
            );
        }
        let mut holidays = Vec::new();
        for (at, holiday) in hours.holidays.iter().enumerate() {
            match holiday.parse::<jiff::civil::Date>() {
                Ok(date) => holidays.push((date.year(), date.month(), date.day())),
                Err(_) => self.refuse(
                    &path.key("holidays").index(at),
                    format!("`{holiday}` is no date; write it like `2026-12-25`"),
                ),
            }
        }
        Hours::Weekly(Box::new(WeeklyHours {
            time_zone: hours.time_zone.clone(),
            days,
            holidays,
        }))
    }

    fn day(&mut self, spans: &[String], path: &Path) -> Vec<Span> {
        let mut day: Vec<Span> = Vec::new();
        for (at, text) in spans.iter().enumerate() {
            match span(text) {
                None => self.refuse(
                    &path.index(at),
                    format!(
                        "`{text}` is no span of a day; write it like `09:00-17:00`, up to `24:00`"
                    ),
                ),
                Some(span)
                    if day
                        .iter()
                        .any(|other| span.from < other.until && other.from < span.until) =>
                {
                    self.refuse(
                        &path.index(at),
                        format!("`{text}` overlaps an earlier span; join them"),
                    );
                }
                Some(span) => day.push(span),
            }
        }
        day
    }
}

fn span(text: &str) -> Option<Span> {
    let (from, until) = text.split_once('-')?;
    let span = Span {
        from: minute(from)?,
        until: minute(until)?,
    };
    (span.from < span.until).then_some(span)
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let two_digits = |part: &str| {
        let is_number = part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_digit());
        is_number.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= MINUTES_OF_A_DAY).then_some(minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_minutes_of_a_day() {
        assert_eq!(
            span("09:00-17:30"),
            Some(Span {
                from: 540,
                until: 1_050
            })
        );
        assert_eq!(
            span("00:00-24:00"),
            Some(Span {
                from: 0,
                until: 1_440
            })
        );
        for wrong in [
            "9-17",
            "17:00-09:00",
            "09:00-24:01",
            "09:60-10:00",
            "09:00",
            "a:b-c:d",
            "09:00-09:00",
        ] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }
}
