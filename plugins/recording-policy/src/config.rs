//! The configuration: what `schema.json` says, checked and compiled to rules.

use std::collections::BTreeMap;

use cordboard_plugin::{Problems, QueueId, RecordingChannels, RecordingFormat};
use serde::Deserialize;

use crate::rule::{AgentsMay, Payment, Record, Rule};

/// The configuration as it is written.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The rule of every queue that has none of its own.
    #[serde(default)]
    default: RuleConfig,
    /// Rules of single queues.
    #[serde(default)]
    queues: BTreeMap<QueueId, RuleConfig>,
}

/// A rule as it is written.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
struct RuleConfig {
    record: Option<Record>,
    agents_may: Option<Vec<Request>>,
    payment: Option<Payment>,
    resume_after_payment: Option<bool>,
    format: Option<Format>,
    channels: Option<Channels>,
    keep_days: Option<u32>,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Request {
    Start,
    Stop,
    Pause,
    Resume,
}

#[derive(Deserialize, Debug, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Format {
    Wav,
    Mp3,
    Mp4,
}

#[derive(Deserialize, Debug, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Channels {
    Mixed,
    Unmixed,
}

const KEEP_DAYS_MAX: u32 = 36_500;

/// The rule where nothing is written.
const NATIVE: Rule = Rule {
    record: Record::WithConsent,
    agents_may: AgentsMay {
        start: true,
        stop: false,
        pause: true,
        resume: true,
    },
    payment: Payment::Pause,
    resumes_after_payment: true,
    format: RecordingFormat::Wav,
    channels: RecordingChannels::Mixed,
    keep_days: 0,
};

impl Config {
    /// Checks the rules and completes them.
    pub(crate) fn compile(&self) -> Result<(Rule, Vec<(QueueId, Rule)>), Problems> {
        let mut problems = Problems::new();
        let default = self.default.compile(&NATIVE, "/default", &mut problems);
        let queues = self.queues.iter().map(|(&queue, rule)| {
            let path = format!("/queues/{}", queue.0);
            (queue, rule.compile(&default, &path, &mut problems))
        });
        let queues = queues.collect();
        problems.or((default, queues))
    }
}

impl RuleConfig {
    fn compile(&self, default: &Rule, path: &str, problems: &mut Problems) -> Rule {
        let agents_may = self.agents_may.as_deref();
        let agents_may = agents_may.map_or(default.agents_may, |requests| AgentsMay {
            start: requests.contains(&Request::Start),
            stop: requests.contains(&Request::Stop),
            pause: requests.contains(&Request::Pause),
            resume: requests.contains(&Request::Resume),
        });
        let format = self.format.map_or(default.format, RecordingFormat::from);
        let channels = self
            .channels
            .map_or(default.channels, RecordingChannels::from);
        let says_how = self.format.is_some() || self.channels.is_some();
        if says_how && channels == RecordingChannels::Unmixed && format != RecordingFormat::Wav {
            problems.add(
                format!("{path}/channels"),
                "only WAV has a channel for each party: give `mixed`, or `wav` as `format`",
            );
        }
        let keep_days = self.keep_days.unwrap_or(default.keep_days);
        if self.keep_days.is_some() && keep_days > KEEP_DAYS_MAX {
            problems.add(
                format!("{path}/keep_days"),
                format!("`{keep_days}` is out of range: give 0 to {KEEP_DAYS_MAX}"),
            );
        }
        Rule {
            record: self.record.unwrap_or(default.record),
            agents_may,
            payment: self.payment.unwrap_or(default.payment),
            resumes_after_payment: self
                .resume_after_payment
                .unwrap_or(default.resumes_after_payment),
            format,
            channels,
            keep_days,
        }
    }
}

impl From<Format> for RecordingFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Wav => Self::Wav,
            Format::Mp3 => Self::Mp3,
            Format::Mp4 => Self::Mp4,
        }
    }
}

impl From<Channels> for RecordingChannels {
    fn from(channels: Channels) -> Self {
        match channels {
            Channels::Mixed => Self::Mixed,
            Channels::Unmixed => Self::Unmixed,
        }
    }
}
