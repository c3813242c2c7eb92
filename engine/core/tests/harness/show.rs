//! A compact text form of commands and replies, for exact comparison.

use super::config::PARTIES;
use cordboard_core::config::Symbols;
use cordboard_core::decision::{Choice, DecidedBy, Decision};
use cordboard_core::event::AgentStatus;
use cordboard_core::ids::{CallId, ConnectionId, Millis, Symbol, Timestamp};
use cordboard_core::participant::Participant;
use cordboard_core::question::{ContactFacts, Facts, RecordingChannels, RecordingFormat, Ring};
use cordboard_core::{Ask, Command, Event, Operation, Reply};
use std::fmt::Debug;

/// Writes commands with the names of a configuration.
pub(crate) struct Show<'a> {
    pub(crate) symbols: &'a Symbols,
    pub(crate) now: Timestamp,
}

impl Show<'_> {
    pub(crate) fn command(&self, command: &Command) -> String {
        match command {
            Command::Operate { id, operation } => {
                format!("operate {id} {}", self.operation(id.call, operation))
            }
            Command::Ask(ask) => self.ask(ask),
            Command::Emit(event) => format!("emit {}", self.event(event)),
            Command::Record(decision) => self.record(decision),
        }
    }

    fn operation(&self, call: CallId, operation: &Operation) -> String {
        let mut words = vec![operation.name().to_owned()];
        let mut connection_of = None;
        match operation {
            Operation::Answer { deadline, .. } => {
                words.push(format!("within {}", seconds(deadline - self.now.0)));
            }
            Operation::Reject { reason, .. } => words.push(kebab(reason)),
            Operation::Play {
                connection,
                prompt,
                to,
                looped,
            } => {
                connection_of = Some(connection);
                words.push(self.name(prompt.0));
                words.push(
                    to.as_ref()
                        .map_or("to all".to_owned(), |to| format!("to {}", party_name(to))),
                );
                words.extend(flag(*looped, "looped"));
            }
            Operation::Recognize {
                connection,
                prompt,
                target,
                digits_max,
                stop_on_pound,
                silence,
                sensitive,
                collection,
            } => {
                connection_of = Some(connection);
                words.push(self.name(prompt.0));
                words.push(format!("from {}", party_name(target)));
                words.push(format!("digits<={digits_max}"));
                words.push(format!("silence<={}", seconds(silence.0)));
                words.extend(flag(*stop_on_pound, "until-pound"));
                words.extend(flag(*sensitive, "secret"));
                words.extend(collection.map(|c| format!("for {}", self.name(c.0))));
            }
            Operation::AddParticipant {
                connection,
                participant,
                ring,
                headers,
            } => {
                connection_of = Some(connection);
                words.push(party_name(participant));
                words.push(format!("ring {}", seconds(ring.0)));
                words.extend(headers.iter().map(|(key, value)| format!("{key}={value}")));
            }
            Operation::CancelAdd {
                connection,
                invitation,
            } => {
                connection_of = Some(connection);
                words.push(invitation.0.clone());
            }
            Operation::RemoveParticipant {
                connection,
                participant,
            } => {
                connection_of = Some(connection);
                words.push(party_name(participant));
            }
            Operation::StartRecording {
                connection,
                format,
                channels,
            } => {
                connection_of = Some(connection);
                if *format != RecordingFormat::Wav || *channels != RecordingChannels::Mixed {
                    words.push(format!("{} {}", kebab(format), kebab(channels)));
                }
            }
            Operation::StopRecording { recording }
            | Operation::PauseRecording { recording }
            | Operation::ResumeRecording { recording }
            | Operation::GetRecording { recording } => words.push(recording.0.clone()),
            Operation::CancelMedia { connection }
            | Operation::GetCall { connection }
            | Operation::GetParticipants { connection }
            | Operation::HangUp { connection }
            | Operation::Terminate { connection }
            | Operation::StartTranscription { connection }
            | Operation::StopTranscription { connection }
            | Operation::StartStreaming { connection }
            | Operation::StopStreaming { connection } => connection_of = Some(connection),
        }
        if let Some(ConnectionId(id)) = connection_of
            && *id != format!("conn-{call}")
        {
            words.push(format!("on {id}"));
        }
        words.join(" ")
    }

    fn ask(&self, ask: &Ask) -> String {
        let facts = match &ask.facts {
            Facts::SkillMatch(facts) => {
                let width = facts.requirements.len();
                let mut words = vec![self.contact(&facts.contact)];
                for requirement in &facts.requirements {
                    let kind = if requirement.required { "" } else { "?" };
                    words.push(format!(
                        "{}>={}{kind}",
                        self.name(requirement.skill.0),
                        requirement.minimum
                    ));
                }
                words.push("|".to_owned());
                for (index, row) in facts.candidates.iter().enumerate() {
                    let levels = &facts.levels[index * width..(index + 1) * width];
                    let levels = levels.iter().map(|level| format!(":{level}"));
                    words.push(format!(
                        "{}(idle {} group {} handled {}{})",
                        self.name(row.agent.0),
                        seconds(row.idle.0),
                        row.group_order,
                        row.contacts_handled,
                        levels.collect::<String>(),
                    ));
                }
                words.join(" ")
            }
            Facts::ContactSelect(facts) => {
                let contacts: Vec<String> =
                    facts.contacts.iter().map(|c| self.contact(c)).collect();
                format!(
                    "{} | {}",
                    self.name(facts.agent.agent.0),
                    contacts.join(" ")
                )
            }
            Facts::EndpointSelect(facts) => {
                let endpoints: Vec<String> = facts
                    .endpoints
                    .iter()
                    .map(|e| {
                        let last = if e.answered_last { "(last)" } else { "" };
                        format!("{}{last}", kebab(&e.kind))
                    })
                    .collect();
                format!(
                    "{} {} | {}",
                    self.contact(&facts.contact),
                    self.name(facts.agent.0),
                    endpoints.join(" ")
                )
            }
            Facts::RecordingPolicy(facts) => {
                let law = if facts.legally_required {
                    " by-law"
                } else {
                    ""
                };
                format!(
                    "{} {} consent-{} now-{}{law}",
                    self.contact(&facts.contact),
                    kebab(&facts.moment),
                    kebab(&facts.consent),
                    kebab(&facts.state),
                )
            }
            Facts::Classify(facts) => {
                let digit = facts
                    .digit
                    .map(|digit| format!(" digit-{digit}"))
                    .unwrap_or_default();
                let mut words = vec![format!(
                    "{} {}{digit} consent-{} from-{} |",
                    self.contact(&facts.contact),
                    self.name(facts.line.0),
                    kebab(&facts.consent),
                    kebab(&facts.caller),
                )];
                for row in &facts.queues {
                    let closed = if row.open { "" } else { " closed" };
                    let empty = if row.staffed { "" } else { " nobody" };
                    let name = self.name(row.queue.0);
                    words.push(format!("{name}(waiting {}{closed}{empty})", row.waiting));
                }
                words.join(" ")
            }
        };
        let memo = match ask.memo.len() {
            0 => String::new(),
            1..=8 => format!(" memo={:?}", ask.memo),
            length => format!(" memo of {length} bytes"),
        };
        format!(
            "ask q{} {} {}{memo} {facts}",
            ask.question.0,
            ask.point().name(),
            self.name(ask.plugin.0),
        )
    }

    fn contact(&self, contact: &ContactFacts) -> String {
        let priority = match contact.priority {
            0 => String::new(),
            priority => format!(" priority {priority}"),
        };
        format!(
            "{}(in {} for {}{priority} attempt {})",
            contact.call,
            self.name(contact.queue.0),
            seconds(contact.waited.0),
            contact.attempt,
        )
    }

    fn record(&self, decision: &Decision) -> String {
        let by = match decision.by {
            DecidedBy::Plugin(plugin) => self.name(plugin.0),
            DecidedBy::Native => "native".to_owned(),
            DecidedBy::Fallback(plugin, failure) => {
                format!("fallback({} {})", self.name(plugin.0), kebab(&failure))
            }
            DecidedBy::Stale(plugin) => format!("stale({})", self.name(plugin.0)),
        };
        let choice = match &decision.choice {
            Choice::Agent(agent) => self.name(agent.0),
            Choice::Nobody => "nobody".to_owned(),
            Choice::Rings(rings) => rings.iter().map(ring_text).collect::<Vec<_>>().join(" "),
            Choice::Recording(action) => kebab(action),
            Choice::Queue {
                queue,
                priority,
                requirements,
            } => {
                let mut words = vec![self.name(queue.0)];
                if *priority != 0 {
                    words.push(format!("priority {priority}"));
                }
                for requirement in requirements {
                    words.push(format!(
                        "{}>={}",
                        self.name(requirement.skill.0),
                        requirement.minimum
                    ));
                }
                words.join(" ")
            }
        };
        let question = decision
            .question
            .map(|question| format!(" q{}", question.0))
            .unwrap_or_default();
        let passed: Vec<String> = decision
            .passed_over
            .iter()
            .map(|row| format!(" -{}({})", self.name(row.agent.0), kebab(&row.reason)))
            .collect();
        format!(
            "record {} {}{question} at {} by {by}: {choice} of {}{}",
            decision.call,
            decision.point.name(),
            self.name(decision.queue.0),
            decision.considered,
            passed.concat(),
        )
    }

    pub(crate) fn event(&self, event: &Event) -> String {
        match event {
            Event::ConfigApplied { digest } => format!("config-applied {digest}"),
            Event::CallReceived {
                call,
                account,
                from,
            } => format!(
                "call-received {call} at {} from {from}",
                self.name(account.0)
            ),
            Event::CallRejected { from, reason } => format!("call-rejected {from}: {reason}"),
            Event::CallAnswered { call } => format!("call-answered {call}"),
            Event::CallQueued {
                call,
                queue,
                position,
            } => format!("call-queued {call} in {} at {position}", self.name(queue.0)),
            Event::QueueExited {
                call,
                queue,
                reason,
                way,
                to,
            } => format!(
                "queue-exited {call} from {}: {} by {}{}",
                self.name(queue.0),
                kebab(reason),
                kebab(way),
                to.map_or(String::new(), |to| format!(" {}", self.name(to.0)))
            ),
            Event::OfferIssued {
                offer,
                agent,
                queue,
                context,
                expires_at,
            } => {
                let context: Vec<String> = context
                    .iter()
                    .map(|(key, value)| format!(" {key}={value}"))
                    .collect();
                format!(
                    "offer-issued {offer} to {} in {} for {}{}",
                    self.name(agent.0),
                    self.name(queue.0),
                    seconds(expires_at - self.now.0),
                    context.concat(),
                )
            }
            Event::OfferEnded {
                offer,
                agent,
                outcome,
            } => format!(
                "offer-ended {offer} to {}: {}",
                self.name(agent.0),
                kebab(outcome)
            ),
            Event::CallConnected {
                call,
                agent,
                endpoint,
            } => format!(
                "call-connected {call} to {}{}",
                self.name(agent.0),
                endpoint.map_or(String::new(), |kind| format!(" at {}", kebab(&kind)))
            ),
            Event::HoldChanged { call, on_hold } => {
                let state = if *on_hold { "on" } else { "off" };
                format!("hold-changed {call} {state}")
            }
            Event::RecordingChanged { call, state } => {
                format!("recording-changed {call} {}", kebab(state))
            }
            Event::DigitsCollected {
                call,
                collection,
                count,
                complete,
            } => {
                let complete = if *complete { "complete" } else { "incomplete" };
                format!(
                    "digits-collected {call} for {}: {count} {complete}",
                    self.name(collection.0)
                )
            }
            Event::PartyChanged {
                call,
                party,
                change,
            } => format!("party-changed {call} {party} {}", kebab(change)),
            Event::DispositionSet { call, agent, code } => format!(
                "disposition-set {call} by {}: {}",
                self.name(agent.0),
                self.name(code.0)
            ),
            Event::CallEnded {
                call,
                outcome,
                agent,
                exit,
                away_since,
            } => format!(
                "call-ended {call} {}{}{}{}",
                kebab(outcome),
                agent.map_or(String::new(), |agent| format!(" by {}", self.name(agent.0))),
                exit.map_or(String::new(), |exit| format!(" at {}", kebab(&exit))),
                away_since.map_or(String::new(), |since| self.away(since)),
            ),
            Event::EngineRestarted { away_since, calls } => {
                format!("engine-restarted {calls} calls{}", self.away(*away_since))
            }
            Event::CallsTakenOver { live, ended } => {
                format!("calls-taken-over {live} live {ended} ended")
            }
            Event::InputSkipped { call } => match call {
                Some(call) => format!("input-skipped {call}"),
                None => "input-skipped".to_owned(),
            },
            Event::AgentChanged { agent, state } => {
                format!("agent {} {}", self.name(agent.0), self.status(*state))
            }
            Event::QueueChanged { queue, closed } => {
                let state = if *closed { "closed" } else { "open" };
                format!("queue {} {state}", self.name(queue.0))
            }
            Event::PluginChanged {
                plugin,
                change,
                detail,
            } => format!(
                "plugin-changed {} {}: {detail}",
                self.name(plugin.0),
                kebab(change)
            ),
            Event::PluginFailed {
                call,
                plugin,
                point,
                failure,
                decided_by: _,
            } => format!(
                "plugin-failed {call} {} {}: {}",
                self.name(plugin.0),
                point.name(),
                kebab(failure)
            ),
            Event::OperationFailed {
                call,
                operation,
                how,
            } => format!("operation-failed {call} {operation}: {how}"),
        }
    }

    fn away(&self, since: Timestamp) -> String {
        format!(" away since {} ago", seconds(self.now.0 - since.0))
    }

    pub(crate) fn status(&self, status: AgentStatus) -> String {
        match status {
            AgentStatus::Offline => "offline".to_owned(),
            AgentStatus::Ready => "ready".to_owned(),
            AgentStatus::Reserved => "reserved".to_owned(),
            AgentStatus::Busy => "busy".to_owned(),
            AgentStatus::WrapUp => "wrap-up".to_owned(),
            AgentStatus::NotReady(code) => format!("not-ready({})", self.name(code.0)),
            AgentStatus::NotReadyRona => "not-ready(rona)".to_owned(),
        }
    }

    fn name(&self, symbol: Symbol) -> String {
        self.symbols.name(symbol).to_owned()
    }
}

/// `None` for an input that was done and made no call.
pub(crate) fn reply_text(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Done => None,
        Reply::NewCall(call) => Some(format!("= call {call}")),
        Reply::SameCall(call) => Some(format!("= call {call} again")),
        Reply::Ignored(reason) => Some(format!("= ignored {}", kebab(reason))),
        Reply::Refused(reason) => Some(format!("= refused {}", kebab(reason))),
    }
}

pub(crate) fn party_name(participant: &Participant) -> String {
    PARTIES
        .iter()
        .find(|(_, raw)| *raw == participant.raw_id())
        .map_or(participant.raw_id(), |(name, _)| name)
        .to_owned()
}

pub(crate) fn seconds(millis: u64) -> String {
    if millis.is_multiple_of(1_000) {
        format!("{}s", millis / 1_000)
    } else {
        format!("{millis}ms")
    }
}

fn ring_text(ring: &Ring) -> String {
    let Millis(length) = ring.ring;
    format!("{}@{}/{}", ring.endpoint, ring.stage, seconds(length))
}

fn flag(set: bool, word: &str) -> Option<String> {
    set.then(|| word.to_owned())
}

/// `NotReadyRona` as `not-ready-rona`.
pub(crate) fn kebab(value: &impl Debug) -> String {
    let mut text = String::new();
    for (index, letter) in format!("{value:?}").char_indices() {
        if letter.is_uppercase() && index > 0 {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}
