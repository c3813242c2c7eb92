//! What a simulation amounts to: figures drawn from the ledger alone.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ledger::{
        AnswerRequest, CallRecord, CallerRecord, EndedBy, EndpointRecord, Heard, Ledger,
        RingOutcome, RingRecord, Sound, Span, VoiceKind,
    },
    script::{Fate, Role},
};

/// A silence longer than this is counted, in milliseconds.
pub const SILENCE_MAX_MS: u64 = 3_000;
/// A caller who hears an agent's voicemail for longer than this was left with it, in milliseconds. What is shorter is the time
/// that the application needs to notice that nobody confirms.
pub const VOICEMAIL_MAX_MS: u64 = 3_000;
/// The service may hang up this long after the last prompt for it to count as the reason, in milliseconds.
pub const DISMISSAL_MAX_MS: u64 = 5_000;
/// What is shorter is no message in a voicemail box, in milliseconds.
pub const MESSAGE_MIN_MS: u64 = 1_000;

/// The figures of a simulation. All but the two last rows are counts of callers or calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figures {
    /// Callers who dialled.
    pub calls: u64,
    /// Callers whose call was answered.
    pub answered: u64,
    /// Callers who talked to an agent in person.
    pub connected: u64,
    /// Callers who hung up before they had talked to anybody.
    pub abandoned: u64,
    /// Rings of agents' endpoints that lasted for the whole invitation time.
    pub rona: u64,
    /// Calls of which at least one recording was active for some time.
    pub recorded: u64,
    /// Callers whose IncomingCall event was acknowledged and whose fate their script does not allow.
    pub lost: u64,
    /// Callers whose IncomingCall event was never acknowledged.
    pub unreached: u64,
    /// Callers for whom two answers with different request ids were accepted.
    pub answered_twice: u64,
    /// Pairs of calls for which one agent was rung at the same time, on whichever endpoints.
    pub offered_twice: u64,
    /// Callers who were left talking to the voicemail of an agent.
    pub connected_to_voicemail: u64,
    /// Intervals of more than three seconds in which an answered caller heard nothing and was not asked for anything.
    pub silence_over_3s: u64,
    /// Real time from sending the IncomingCall event to receiving the request to answer. Absent if nothing was answered.
    pub webhook_to_answer_ms: Option<Percentiles>,
}

/// Two percentiles by nearest rank, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Percentiles {
    /// Half of the values are not larger.
    pub p50: f64,
    /// 99 of 100 values are not larger.
    pub p99: f64,
}

/// Further figures that a healthy simulation has at zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warnings {
    /// Rings of an agent who was in a conversation of another call at that time.
    pub rung_while_talking: u64,
    /// Rings of an agent that began before the rings for another call were over, be it at the same instant.
    pub rung_before_withdrawn: u64,
    /// Card numbers typed while a recording, transcription or media stream of the call was active.
    pub cards_captured: u64,
    /// Callback events that the application did not take.
    pub events_undelivered: u64,
}

impl Ledger {
    /// Draws the figures.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let end_ms = self.at.at_ms;
        let dialled: Vec<&CallerRecord> = self
            .callers
            .iter()
            .filter(|caller| caller.dialled.is_some())
            .collect();
        let count = |test: &dyn Fn(&CallerRecord) -> bool| {
            as_count(dialled.iter().filter(|caller| test(caller)).count())
        };
        Figures {
            calls: count(&|_| true),
            answered: count(&|caller| caller.answered_ms.is_some()),
            connected: count(&|caller| caller.heard_for(VoiceKind::Agent, end_ms) > 0),
            abandoned: count(&|caller| caller.fate(end_ms).is_abandoned()),
            rona: as_count(
                self.agent_rings()
                    .filter(|(_, ring)| ring.outcome == Some(RingOutcome::RangOut))
                    .count(),
            ),
            recorded: as_count(
                self.calls
                    .iter()
                    .filter(|call| call.recorded_ms(end_ms) > 0)
                    .count(),
            ),
            lost: count(&|caller| caller.is_lost(end_ms)),
            unreached: count(&|caller| !caller.is_acknowledged()),
            answered_twice: count(&|caller| caller.accepted_request_ids().len() > 1),
            offered_twice: self.offered_twice(),
            connected_to_voicemail: count(&|caller| {
                caller.longest_voicemail_ms(end_ms) > VOICEMAIL_MAX_MS
            }),
            silence_over_3s: dialled
                .iter()
                .map(|caller| caller.long_silences(end_ms))
                .sum(),
            webhook_to_answer_ms: percentiles(
                dialled
                    .iter()
                    .filter_map(|caller| caller.webhook_to_answer_us())
                    .collect(),
            ),
        }
    }

    /// How many of the callers who dialled met which fate.
    #[must_use]
    pub fn fates(&self) -> BTreeMap<Fate, u64> {
        let mut fates = BTreeMap::new();
        for caller in self.callers.iter().filter(|it| it.dialled.is_some()) {
            *fates.entry(caller.fate(self.at.at_ms)).or_default() += 1;
        }
        fates
    }

    /// The callers who count as [`Figures::lost`], each with its fate.
    pub fn lost(&self) -> impl Iterator<Item = (&str, Fate)> {
        let end_ms = self.at.at_ms;
        self.callers
            .iter()
            .filter(move |caller| caller.is_lost(end_ms))
            .map(move |caller| (caller.name.as_str(), caller.fate(end_ms)))
    }

    /// Draws the figures that are not asked for, and should be zero.
    #[must_use]
    pub fn warnings(&self) -> Warnings {
        Warnings {
            rung_while_talking: self.rung_while_talking(),
            rung_before_withdrawn: as_count(
                self.agent_rings()
                    .filter(|(_, ring)| !ring.still_rung_for.is_empty())
                    .count(),
            ),
            cards_captured: as_count(self.captured_cards().len()),
            events_undelivered: self.events_undelivered,
        }
    }

    fn agent_rings(&self) -> impl Iterator<Item = (&EndpointRecord, &RingRecord)> {
        let agents = self
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.role == Role::Agent);
        agents.flat_map(|endpoint| endpoint.rings.iter().map(move |ring| (endpoint, ring)))
    }

    fn rings_by_person(&self) -> BTreeMap<&str, Vec<&RingRecord>> {
        let mut by_person: BTreeMap<&str, Vec<&RingRecord>> = BTreeMap::new();
        for (endpoint, ring) in self.agent_rings() {
            by_person.entry(&endpoint.person).or_default().push(ring);
        }
        by_person
    }

    fn offered_twice(&self) -> u64 {
        let mut pairs = BTreeSet::new();
        for (person, rings) in self.rings_by_person() {
            for (index, one) in rings.iter().enumerate() {
                for other in rings.iter().skip(index + 1) {
                    if one.call != other.call
                        && overlap(ring_span(one), ring_span(other), self.at.at_ms)
                    {
                        pairs.insert((
                            person,
                            (&one.call).min(&other.call),
                            (&one.call).max(&other.call),
                        ));
                    }
                }
            }
        }
        as_count(pairs.len())
    }

    fn rung_while_talking(&self) -> u64 {
        let end_ms = self.at.at_ms;
        let talking = |one: &RingRecord, rings: &[&RingRecord]| {
            rings.iter().any(|other| {
                one.call != other.call
                    && other.heard.iter().any(|heard| {
                        is_voice(&heard.what, VoiceKind::Caller)
                            && overlap(ring_span(one), heard.span(), end_ms)
                    })
            })
        };
        let by_person = self.rings_by_person();
        by_person
            .values()
            .map(|rings| as_count(rings.iter().filter(|one| talking(one, rings)).count()))
            .sum()
    }

    /// Who typed a card number while it was recorded, transcribed or streamed, and when they began, in milliseconds of the
    /// ledger's clock.
    #[must_use]
    pub fn captured_cards(&self) -> Vec<(&str, u64)> {
        let mut captured = Vec::new();
        for caller in &self.callers {
            let Some(call) = self
                .calls
                .iter()
                .find(|call| Some(&call.id) == caller.call.as_ref())
            else {
                continue;
            };
            for card in caller
                .pressed
                .iter()
                .filter(|pressed| pressed.keys.is_none())
            {
                let typed = Span {
                    from_ms: card.from_ms,
                    to_ms: Some(card.to_ms + 1),
                };
                let active = call
                    .recordings
                    .iter()
                    .flat_map(|recording| &recording.active);
                let mut spans = active.chain(&call.transcribed).chain(&call.streamed);
                if spans.any(|span| overlap(typed, *span, self.at.at_ms)) {
                    captured.push((caller.name.as_str(), card.from_ms));
                }
            }
        }
        captured
    }
}

impl CallerRecord {
    fn is_lost(&self, now_ms: u64) -> bool {
        self.dialled.is_some()
            && self.is_acknowledged()
            && !self.allowed_fates.contains(&self.fate(now_ms))
    }

    /// How the call ended, judged at `now_ms`.
    #[must_use]
    pub fn fate(&self, now_ms: u64) -> Fate {
        let Some(end) = self.end else {
            return Fate::StillInCall;
        };
        match end.by {
            EndedBy::Rejection => return Fate::Rejected,
            EndedBy::RingTime => return Fate::RangOut,
            EndedBy::Party | EndedBy::Service | EndedBy::Others => {}
        }
        if self.longest_voicemail_ms(now_ms) > VOICEMAIL_MAX_MS {
            return Fate::Voicemail;
        }
        let talked = self.heard_for(VoiceKind::Agent, now_ms) > 0;
        if talked || self.heard_for(VoiceKind::Outside, now_ms) > 0 {
            return match (self.is_cut_off(end.by), talked) {
                (true, _) => Fate::CutOff,
                (false, true) => Fate::Talked,
                (false, false) => Fate::Diverted,
            };
        }
        let message = self
            .heard
            .iter()
            .filter(|heard| heard.what == Sound::OwnMessage);
        if message.map(|heard| heard.length_ms(now_ms)).sum::<u64>() >= MESSAGE_MIN_MS {
            return Fate::LeftMessage;
        }
        if end.by == EndedBy::Party {
            return Fate::abandoned(end.phase);
        }
        let prompts = self
            .heard
            .iter()
            .rev()
            .filter(|heard| matches!(heard.what, Sound::Prompt { repeats: false, .. }));
        let last_word_ms = prompts.map(|heard| heard.to_ms.unwrap_or(end.at_ms)).next();
        match last_word_ms {
            Some(at_ms) if end.at_ms.saturating_sub(at_ms) <= DISMISSAL_MAX_MS => Fate::Dismissed,
            _ => Fate::Dropped,
        }
    }

    /// Whether a conversation ended although neither the caller nor the other one had hung up.
    fn is_cut_off(&self, ended_by: EndedBy) -> bool {
        let in_conversation = self.heard.last().is_some_and(|last| {
            is_voice(&last.what, VoiceKind::Agent) || is_voice(&last.what, VoiceKind::Outside)
        });
        if in_conversation {
            ended_by == EndedBy::Service
        } else {
            self.parted.is_none_or(|left| left.by != EndedBy::Party)
        }
    }

    /// Whether a delivery of the IncomingCall event was acknowledged.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.deliveries
            .iter()
            .any(|delivery| delivery.is_acknowledged())
    }

    /// How long the caller heard voices of this kind, in milliseconds.
    #[must_use]
    pub fn heard_for(&self, kind: VoiceKind, now_ms: u64) -> u64 {
        self.heard
            .iter()
            .filter(|heard| is_voice(&heard.what, kind))
            .map(|heard| heard.length_ms(now_ms))
            .sum()
    }

    fn accepted(&self) -> impl Iterator<Item = &AnswerRequest> {
        self.answers
            .iter()
            .filter(|answer| (200..300).contains(&answer.status))
    }

    fn accepted_request_ids(&self) -> BTreeSet<&str> {
        self.accepted()
            .map(|answer| answer.request_id.as_str())
            .collect()
    }

    fn longest_voicemail_ms(&self, now_ms: u64) -> u64 {
        let voicemail = self
            .heard
            .iter()
            .filter(|heard| is_voice(&heard.what, VoiceKind::Voicemail));
        voicemail
            .map(|heard| heard.length_ms(now_ms))
            .max()
            .unwrap_or(0)
    }

    fn long_silences(&self, now_ms: u64) -> u64 {
        let silent = self
            .heard
            .iter()
            .filter(|heard| heard.what == Sound::Silence);
        as_count(
            silent
                .filter(|heard| heard.length_ms(now_ms) > SILENCE_MAX_MS)
                .count(),
        )
    }

    /// From the last delivery sent before the first accepted answer to that answer.
    fn webhook_to_answer_us(&self) -> Option<u64> {
        let received = self.accepted().next()?.received;
        let posted = self
            .deliveries
            .iter()
            .rev()
            .map(|delivery| delivery.posted)
            .find(|posted| *posted <= received)?;
        Some(received.real_us.saturating_sub(posted.real_us))
    }
}

impl CallRecord {
    /// How long recordings of the call were active in all, in milliseconds.
    #[must_use]
    pub fn recorded_ms(&self, now_ms: u64) -> u64 {
        self.recordings
            .iter()
            .flat_map(|recording| &recording.active)
            .map(|span| span.length_ms(now_ms))
            .sum()
    }
}

impl Heard {
    fn span(&self) -> Span {
        Span {
            from_ms: self.from_ms,
            to_ms: self.to_ms,
        }
    }

    fn length_ms(&self, now_ms: u64) -> u64 {
        self.span().length_ms(now_ms)
    }
}

impl Span {
    /// How long it lasts or has lasted at `now_ms`, in milliseconds.
    #[must_use]
    pub fn length_ms(&self, now_ms: u64) -> u64 {
        self.to_ms.unwrap_or(now_ms).saturating_sub(self.from_ms)
    }
}

fn ring_span(ring: &RingRecord) -> Span {
    Span {
        from_ms: ring.from_ms,
        to_ms: ring.to_ms,
    }
}

/// Whether two intervals have more than an end in common.
fn overlap(one: Span, other: Span, now_ms: u64) -> bool {
    one.from_ms < other.to_ms.unwrap_or(now_ms) && other.from_ms < one.to_ms.unwrap_or(now_ms)
}

fn is_voice(sound: &Sound, wanted: VoiceKind) -> bool {
    matches!(sound, Sound::Voice { kind, .. } if *kind == wanted)
}

fn percentiles(mut values_us: Vec<u64>) -> Option<Percentiles> {
    values_us.sort_unstable();
    let rank = |hundredths: usize| {
        let index = (values_us.len() * hundredths)
            .div_ceil(100)
            .saturating_sub(1);
        // Microseconds below 2^52 (142 years) are exact in a float.
        values_us.get(index).map(|us| *us as f64 / 1_000.0)
    };
    Some(Percentiles {
        p50: rank(50)?,
        p99: rank(99)?,
    })
}

fn as_count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
