//! Sentences for events, decisions, requests and callbacks.

use crate::driver::DecisionRecord;
use crate::error::ignored_because;
use cordboard_core::Operation;
use cordboard_core::config::Symbols;
use cordboard_core::decision::{Choice, DecidedBy, PassedOver, PassedOverReason};
use cordboard_core::event::{
    AgentStatus, CallOutcome, Event, ExitReason, ExitWay, OfferOutcome, PartyChange, PluginChange,
    RecordingStatus,
};
use cordboard_core::ids::{CallId, CommandId, Timestamp};
use cordboard_core::input::{
    Actor, CallAction, CallEventKind, Digits, Input, Outcome, Reply, ResultCodes,
};
use cordboard_core::question::{
    Advice, Consent, EndpointKind, EndpointRow, Facts, PluginFailure, PluginResult, Ranked,
    RecordingAction, Requirement, Ring,
};
use std::fmt::Write;

/// Rows of a ranking that are told.
const ROWS_TOLD_MAX: usize = 10;

/// The moment as text in UTC.
pub(super) fn moment(at: Timestamp) -> Option<String> {
    let millis = i64::try_from(at.0).ok()?;
    let moment = jiff::Timestamp::from_millisecond(millis).ok()?;
    Some(moment.to_string())
}

pub(super) fn event(event: &Event, symbols: &Symbols) -> String {
    let name = |symbol| symbols.name(symbol);
    match event {
        Event::ConfigApplied { digest } => format!("configuration `{digest}` is in force"),
        Event::CallReceived { account, from, .. } => {
            format!(
                "`{from}` calls account `{}`; it is answered",
                name(account.0)
            )
        }
        Event::CallRejected { reason, .. } => format!("rejected: {reason}"),
        Event::CallAnswered { .. } => "connected to the caller".to_owned(),
        Event::CallQueued {
            queue, position, ..
        } => format!("waits in queue `{}` at place {position}", name(queue.0)),
        Event::QueueExited {
            queue,
            reason,
            way,
            to,
            ..
        } => {
            let to = to
                .map(|to| format!(" `{}`", name(to.0)))
                .unwrap_or_default();
            format!(
                "leaves queue `{}` by exit `{}`, because {}: {}{to}",
                name(queue.0),
                exit_name(*reason),
                exit_reason(*reason),
                exit_way(*way)
            )
        }
        Event::OfferIssued {
            offer,
            agent,
            queue,
            ..
        } => format!(
            "offer {offer} of queue `{}` to agent `{}`",
            name(queue.0),
            name(agent.0)
        ),
        Event::OfferEnded {
            offer,
            agent,
            outcome,
        } => format!(
            "offer {offer} to agent `{}` {}",
            name(agent.0),
            offer_outcome(*outcome)
        ),
        Event::CallConnected {
            agent, endpoint, ..
        } => match endpoint {
            Some(endpoint) => format!(
                "caller and agent `{}` talk ({})",
                name(agent.0),
                endpoint_kind(*endpoint)
            ),
            None => format!("agent `{}` has it", name(agent.0)),
        },
        Event::HoldChanged { on_hold: true, .. } => "the caller is on hold".to_owned(),
        Event::HoldChanged { on_hold: false, .. } => "the caller is taken back".to_owned(),
        Event::RecordingChanged { state, .. } => match state {
            RecordingStatus::Active => "it is recorded".to_owned(),
            RecordingStatus::Paused => "recording is paused".to_owned(),
            RecordingStatus::Stopped => "recording has stopped".to_owned(),
            RecordingStatus::Failed => "recording could not be started or changed".to_owned(),
        },
        Event::DigitsCollected {
            collection,
            count,
            complete,
            ..
        } => {
            let end = if *complete { "" } else { ", not complete" };
            format!("{count} digits for `{}`{end}", name(collection.0))
        }
        Event::PartyChanged { party, change, .. } => match change {
            PartyChange::Added => format!("`{party}` was added"),
            PartyChange::AddFailed => format!("`{party}` could not be added"),
            PartyChange::Removed => format!("`{party}` was removed or left"),
        },
        Event::DispositionSet { agent, code, .. } => {
            format!("agent `{}` says: {}", name(agent.0), name(code.0))
        }
        Event::CallEnded {
            outcome,
            agent,
            exit,
            away_since,
            ..
        } => {
            let by = agent
                .map(|agent| format!("; agent `{}` talked last", name(agent.0)))
                .unwrap_or_default();
            let exit = exit
                .map(|reason| format!(" (`{}`: {})", exit_name(reason), exit_reason(reason)))
                .unwrap_or_default();
            let away = away_since
                .and_then(moment)
                .map(|since| {
                    format!("; it ended while the engine was away, after {since}, and was noticed only now")
                })
                .unwrap_or_default();
            format!("it is over: {}{exit}{by}{away}", call_outcome(*outcome))
        }
        Event::EngineRestarted { away_since, .. } => match moment(*away_since) {
            Some(since) => format!(
                "the engine was started again and took the call over; it had last written at {since}"
            ),
            None => "the engine was started again and took the call over".to_owned(),
        },
        Event::CallsTakenOver { live, ended } => {
            format!("all calls are taken over: {live} live, {ended} had ended")
        }
        Event::InputSkipped { .. } => {
            "an input hit a mistake in the engine and had no effect; the \
             service is asked what became of the call"
                .to_owned()
        }
        Event::AgentChanged { agent, state } => {
            format!("agent `{}` is {}", name(agent.0), status(*state, symbols))
        }
        Event::QueueChanged { queue, closed } => {
            let what = if *closed { "closed" } else { "opened" };
            format!("queue `{}` is {what}", name(queue.0))
        }
        Event::PluginFailed {
            plugin,
            point,
            failure,
            ..
        } => format!(
            "plugin `{}` gave no {} advice: {}",
            name(plugin.0),
            point.name(),
            failure_text(*failure)
        ),
        Event::OperationFailed { operation, how, .. } => format!("{operation} failed: {how}"),
        Event::PluginChanged {
            plugin,
            change,
            detail,
        } => {
            let what = match change {
                PluginChange::Refused => "is refused",
                PluginChange::CandidateRefused => "has a candidate that is refused",
                PluginChange::CandidateStep => "has a candidate on trial",
                PluginChange::CandidateStopped => "has lost its candidate",
                PluginChange::Compared => "was compared with its candidate",
                PluginChange::ReuseEnded => "has a fresh instance for each decision from here on",
            };
            format!("plugin `{}` {what}: {detail}", name(plugin.0))
        }
    }
}

pub(super) fn decision(record: &DecisionRecord, symbols: &Symbols) -> String {
    let decision = &record.decision;
    let mut text = format!(
        "{} in queue `{}` by {}: {}",
        decision.point.name(),
        symbols.name(decision.queue.0),
        decider(decision.by, symbols),
        choice(&decision.choice, endpoints(record), symbols),
    );
    let Some(consultation) = &record.consultation else {
        passed_over(&mut text, &decision.passed_over, symbols);
        return text;
    };
    if let Some(evidence) = &consultation.evidence
        && !evidence.plugin.is_empty()
    {
        let micros = evidence.ran_ns / 1_000;
        let trial = if evidence.candidate { ", on trial" } else { "" };
        // Writing to a string does not fail.
        let _ = write!(text, "\nasked {}{trial} (ran {micros} µs)", evidence.plugin);
        if !evidence.detail.is_empty() {
            let _ = write!(text, ": {}", evidence.detail);
        }
    }
    let rows = match consultation.verdict.as_ref().map(|verdict| &verdict.result) {
        Some(Ok(Advice::SkillMatch(rows) | Advice::ContactSelect(rows))) => rows.as_slice(),
        _ => &[],
    };
    let why = |code: u32| {
        let evidence = consultation.evidence.as_ref();
        evidence.and_then(|evidence| evidence.reasons.get(&code))
    };
    if let Some(Ok(Advice::RecordingPolicy(advice))) =
        consultation.verdict.as_ref().map(|verdict| &verdict.result)
        && let Some(reason) = why(advice.reason)
    {
        let _ = write!(text, "\nbecause: {reason}");
    }
    for (place, row) in rows.iter().take(ROWS_TOLD_MAX).enumerate() {
        let reason = why(row.reason)
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        let who = candidate(&consultation.ask.facts, row, symbols);
        let _ = write!(text, "\n{}. {who}, score {}{reason}", place + 1, row.score);
    }
    if rows.len() > ROWS_TOLD_MAX {
        let _ = write!(text, "\nand {} more", rows.len() - ROWS_TOLD_MAX);
    }
    passed_over(&mut text, &decision.passed_over, symbols);
    text
}

/// What an input says about a call, if it is about it, and whether it came to something.
pub(super) fn input(
    input: &Input,
    call: CallId,
    reply: &Reply,
    symbols: &Symbols,
) -> Option<String> {
    let text = match input {
        Input::Outcome { command, outcome } if command.call == call => {
            let what = match outcome {
                Outcome::Accepted(_) => "accepted".to_owned(),
                Outcome::Refused { status, sub_code } => match sub_code {
                    Some(sub_code) => format!("refused with {status}, {sub_code}"),
                    None => format!("refused with {status}"),
                },
                Outcome::Unknown => "in doubt: no answer came".to_owned(),
            };
            format!("← request {} {what}", command.sequence)
        }
        Input::CallEvent(event) if event.call == call => {
            let request = event
                .operation
                .map(|operation| format!(" of request {operation}"))
                .unwrap_or_default();
            format!("← {}{request}", callback(&event.kind))
        }
        Input::Call {
            call: about,
            by,
            action,
        } if *about == call => {
            format!("{} {}", actor(by, symbols), call_action(action, symbols))
        }
        Input::Outcome { .. }
        | Input::CallEvent(_)
        | Input::Call { .. }
        | Input::Config(_)
        | Input::Restarted { .. }
        | Input::Tick
        | Input::IncomingCall(_)
        | Input::Verdict(_)
        | Input::Agent { .. }
        | Input::Queue { .. }
        | Input::Contact(_)
        | Input::NewCalls(_)
        | Input::PluginChanged(_)
        | Input::TurnAway(_)
        | Input::Skipped(_) => return None,
    };
    Some(match reply {
        Reply::Done | Reply::NewCall(_) | Reply::SameCall(_) => text,
        Reply::Ignored(reason) => format!("{text}; ignored: {}", ignored_because(*reason)),
        Reply::Refused(reason) => format!("{text}; refused: {reason}"),
    })
}

fn actor(by: &Actor, symbols: &Symbols) -> String {
    match by {
        Actor::Agent(agent) => format!("agent `{}`", symbols.name(agent.0)),
        Actor::Supervisor(name) => format!("supervisor `{name}`"),
        Actor::System => "the embedding program".to_owned(),
    }
}

/// What somebody asks for. What came of it is told by the reply and by events.
fn call_action(action: &CallAction, symbols: &Symbols) -> String {
    match action {
        CallAction::Hold => "asks to put the caller on hold".to_owned(),
        CallAction::Unhold => "asks to take the caller back".to_owned(),
        CallAction::StartRecording => "asks to start recording".to_owned(),
        CallAction::StopRecording => "asks to stop recording".to_owned(),
        CallAction::PauseRecording => "asks to pause recording".to_owned(),
        CallAction::ResumeRecording => "asks to resume recording".to_owned(),
        CallAction::SetConsent(Consent::Given) => "notes consent to being recorded".to_owned(),
        CallAction::SetConsent(Consent::Refused) => "notes a refusal to be recorded".to_owned(),
        CallAction::SetConsent(Consent::Unknown) => {
            "notes that consent to being recorded is not known".to_owned()
        }
        CallAction::Collect(collection) => {
            format!(
                "asks to collect digits for `{}`",
                symbols.name(collection.0)
            )
        }
        CallAction::AddParticipant(party) => format!("asks to add {}", party.masked()),
        CallAction::RemoveParticipant(party) => format!("asks to remove {}", party.masked()),
        CallAction::Leave => "asks to leave".to_owned(),
        CallAction::End => "asks to end the call".to_owned(),
        CallAction::Requeue(queue) => {
            format!(
                "asks to put the caller into queue `{}`",
                symbols.name(queue.0)
            )
        }
    }
}

pub(super) fn operation(id: CommandId, operation: &Operation) -> String {
    let party = match operation {
        Operation::AddParticipant { participant, .. }
        | Operation::RemoveParticipant { participant, .. } => format!(" {}", participant.masked()),
        _ => String::new(),
    };
    format!("→ request {}: {}{party}", id.sequence, operation.name())
}

fn callback(kind: &CallEventKind) -> String {
    let failed =
        |what: &str, codes: &ResultCodes| format!("{what} ({}/{})", codes.code, codes.sub_code);
    match kind {
        CallEventKind::CallConnected => "CallConnected".to_owned(),
        CallEventKind::CallDisconnected(codes) => failed("CallDisconnected", codes),
        CallEventKind::AnswerFailed(codes) => failed("AnswerFailed", codes),
        CallEventKind::ParticipantsUpdated { participants, .. } => {
            format!("ParticipantsUpdated: {} besides us", participants.len())
        }
        CallEventKind::ParticipantAdded(party) => {
            format!("AddParticipantSucceeded: {}", party.masked())
        }
        CallEventKind::AddParticipantFailed(party, codes) => {
            failed(&format!("AddParticipantFailed: {}", party.masked()), codes)
        }
        CallEventKind::InvitationCancelled(_) => "CancelAddParticipantSucceeded".to_owned(),
        CallEventKind::CancelInvitationFailed(_, codes) => {
            failed("CancelAddParticipantFailed", codes)
        }
        CallEventKind::ParticipantRemoved(party) => {
            format!("RemoveParticipantSucceeded: {}", party.masked())
        }
        CallEventKind::RemoveParticipantFailed(party, codes) => failed(
            &format!("RemoveParticipantFailed: {}", party.masked()),
            codes,
        ),
        CallEventKind::PlayStarted => "PlayStarted".to_owned(),
        CallEventKind::PlayCompleted => "PlayCompleted".to_owned(),
        CallEventKind::PlayFailed(codes) => failed("PlayFailed", codes),
        CallEventKind::PlayCanceled => "PlayCanceled".to_owned(),
        CallEventKind::DigitsRecognized(Digits::Plain(digits)) => {
            format!("RecognizeCompleted: `{digits}`")
        }
        CallEventKind::DigitsRecognized(Digits::Sensitive { count }) => {
            format!("RecognizeCompleted: {count} secret digits")
        }
        CallEventKind::RecognizeFailed(codes) => failed("RecognizeFailed", codes),
        CallEventKind::RecognizeCanceled => "RecognizeCanceled".to_owned(),
        CallEventKind::RecordingStateChanged { active, .. } => {
            let state = if *active { "active" } else { "inactive" };
            format!("RecordingStateChanged: {state}")
        }
        CallEventKind::StartRecordingFailed(codes) => failed("StartRecordingFailed", codes),
        CallEventKind::TranscriptionChanged { active: true } => "TranscriptionStarted".to_owned(),
        CallEventKind::TranscriptionChanged { active: false } => "TranscriptionStopped".to_owned(),
        CallEventKind::TranscriptionFailed(codes) => failed("TranscriptionFailed", codes),
        CallEventKind::StreamingChanged { active: true } => "MediaStreamingStarted".to_owned(),
        CallEventKind::StreamingChanged { active: false } => "MediaStreamingStopped".to_owned(),
        CallEventKind::StreamingFailed(codes) => failed("MediaStreamingFailed", codes),
        CallEventKind::Other(name) => format!("{name}, which is not known"),
    }
}

fn decider(by: DecidedBy, symbols: &Symbols) -> String {
    match by {
        DecidedBy::Plugin(plugin) => format!("plugin `{}`", symbols.name(plugin.0)),
        DecidedBy::Native => "the native rule".to_owned(),
        DecidedBy::Fallback(plugin, failure) => format!(
            "the fallback, because plugin `{}` gave no advice: {}",
            symbols.name(plugin.0),
            failure_text(failure)
        ),
        DecidedBy::Stale(plugin) => format!(
            "the native rule, because all that plugin `{}` named was gone",
            symbols.name(plugin.0)
        ),
    }
}

/// The endpoints that a decision is about, where a plugin was asked about them.
fn endpoints(record: &DecisionRecord) -> &[EndpointRow] {
    match record.consultation.as_ref().map(|asked| &asked.ask.facts) {
        Some(Facts::EndpointSelect(facts)) => &facts.endpoints,
        Some(
            Facts::SkillMatch(_)
            | Facts::ContactSelect(_)
            | Facts::RecordingPolicy(_)
            | Facts::Classify(_),
        )
        | None => &[],
    }
}

fn choice(choice: &Choice, endpoints: &[EndpointRow], symbols: &Symbols) -> String {
    match choice {
        Choice::Agent(agent) => format!("agent `{}`", symbols.name(agent.0)),
        Choice::Nobody => "nobody; the contact waits on".to_owned(),
        Choice::Rings(rings) => {
            let rings = rings.iter().map(|row| ring(row, endpoints));
            rings.collect::<Vec<_>>().join(", ")
        }
        Choice::Recording(action) => recording(*action).to_owned(),
        Choice::Queue {
            queue,
            priority,
            requirements,
        } => classified(symbols.name(queue.0), *priority, requirements, symbols),
    }
}

fn classified(
    queue: &str,
    priority: i32,
    requirements: &[Requirement],
    symbols: &Symbols,
) -> String {
    let mut text = format!("queue `{queue}`");
    if priority != 0 {
        let _ = write!(text, ", priority {priority:+}");
    }
    for requirement in requirements {
        let verb = if requirement.required {
            "needs"
        } else {
            "wishes for"
        };
        let skill = symbols.name(requirement.skill.0);
        let _ = write!(text, ", {verb} `{skill}` from {}", requirement.minimum);
        if let Some(after) = requirement.expires_after {
            let _ = write!(text, " for {} s", after.as_secs_ceil());
        }
    }
    text
}

fn ring(ring: &Ring, endpoints: &[EndpointRow]) -> String {
    let index = usize::try_from(ring.endpoint).unwrap_or(usize::MAX);
    let kind = endpoints
        .get(index)
        .map(|row| format!(" ({})", endpoint_kind(row.kind)))
        .unwrap_or_default();
    format!(
        "endpoint {}{kind} rings at stage {} for {} s",
        ring.endpoint + 1,
        ring.stage + 1,
        ring.ring.as_secs_ceil()
    )
}

/// A plugin's answer to the question with these facts, in a line.
pub(crate) fn advice(result: &PluginResult, facts: &Facts, symbols: &Symbols) -> String {
    let ranking = |rows: &[Ranked]| match rows {
        [] => "nobody".to_owned(),
        [first, rest @ ..] => {
            let who = candidate(facts, first, symbols);
            let reason = match first.reason {
                0 => String::new(),
                code => format!(", reason {code}"),
            };
            let rest = match rest.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{who} (score {}{reason}){rest}", first.score)
        }
    };
    match result {
        Ok(Advice::SkillMatch(rows) | Advice::ContactSelect(rows)) => ranking(rows),
        Ok(Advice::EndpointSelect(rings)) => {
            let endpoints = match facts {
                Facts::EndpointSelect(facts) => facts.endpoints.as_slice(),
                Facts::SkillMatch(_)
                | Facts::ContactSelect(_)
                | Facts::RecordingPolicy(_)
                | Facts::Classify(_) => &[],
            };
            let rings: Vec<String> = rings.iter().map(|row| ring(row, endpoints)).collect();
            match rings.as_slice() {
                [] => "nothing rings".to_owned(),
                _ => rings.join(", "),
            }
        }
        Ok(Advice::RecordingPolicy(advice)) => {
            let what = recording(advice.action);
            match advice.reason {
                0 => what.to_owned(),
                code => format!("{what} (reason {code})"),
            }
        }
        Ok(Advice::Classify(advice)) => {
            let queue = match facts {
                Facts::Classify(facts) => usize::try_from(advice.queue)
                    .ok()
                    .and_then(|index| facts.queues.get(index))
                    .map(|row| symbols.name(row.queue.0)),
                Facts::SkillMatch(_)
                | Facts::ContactSelect(_)
                | Facts::EndpointSelect(_)
                | Facts::RecordingPolicy(_) => None,
            };
            let what = classified(
                queue.unwrap_or("?"),
                advice.priority,
                &advice.requirements,
                symbols,
            );
            match advice.reason {
                0 => what,
                code => format!("{what} (reason {code})"),
            }
        }
        Err(failure) => failure_text(*failure).to_owned(),
    }
}

fn recording(action: RecordingAction) -> &'static str {
    match action {
        RecordingAction::None => "recording stays as it is",
        RecordingAction::Start => "recording starts",
        RecordingAction::Stop => "recording stops",
        RecordingAction::Pause => "recording pauses",
        RecordingAction::Resume => "recording goes on",
    }
}

fn candidate(facts: &Facts, row: &Ranked, symbols: &Symbols) -> String {
    let index = usize::try_from(row.index).unwrap_or(usize::MAX);
    match facts {
        Facts::SkillMatch(facts) => facts
            .candidates
            .get(index)
            .map(|candidate| format!("agent `{}`", symbols.name(candidate.agent.0))),
        Facts::ContactSelect(facts) => facts
            .contacts
            .get(index)
            .map(|contact| format!("call {}", contact.call)),
        Facts::EndpointSelect(_) | Facts::RecordingPolicy(_) | Facts::Classify(_) => None,
    }
    .unwrap_or_else(|| format!("row {}", row.index))
}

fn passed_over(text: &mut String, passed: &[PassedOver], symbols: &Symbols) {
    for passed in passed.iter().take(ROWS_TOLD_MAX) {
        let reason = match passed.reason {
            PassedOverReason::RankedLower => "ranked lower",
            PassedOverReason::LeftOut => "left out by the plugin",
            PassedOverReason::NotAvailable => "not available any more",
            PassedOverReason::LacksSkill => "lacks a required skill",
            PassedOverReason::Suppressed => {
                "has declined or missed this contact, and was not made ready anew"
            }
            PassedOverReason::GroupDelay => "the group joins in later",
        };
        let name = symbols.name(passed.agent.0);
        let _ = write!(text, "\nnot agent `{name}`: {reason}");
    }
    if passed.len() > ROWS_TOLD_MAX {
        let _ = write!(text, "\nand {} others not", passed.len() - ROWS_TOLD_MAX);
    }
}

fn failure_text(failure: PluginFailure) -> &'static str {
    match failure {
        PluginFailure::Trap => "it crashed",
        PluginFailure::Deadline => "its time was up",
        PluginFailure::Memory => "it wanted too much memory",
        PluginFailure::BadOutput => "its answer broke the contract",
        PluginFailure::Overload => "too many questions waited, or it had failed too often",
        PluginFailure::NotLoaded => "no plugin is loaded",
        PluginFailure::Abstain => "it left the decision to the native rule",
    }
}

fn offer_outcome(outcome: OfferOutcome) -> &'static str {
    match outcome {
        OfferOutcome::Accepted => "was accepted",
        OfferOutcome::Declined => "was declined",
        OfferOutcome::Expired => "rang out",
        OfferOutcome::Revoked => "was taken back",
        OfferOutcome::Cancelled => "ended, because the caller is gone",
        OfferOutcome::Failed => "failed: the media could not be set up",
    }
}

fn call_outcome(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Handled => "handled",
        CallOutcome::Abandoned => "the caller hung up before an agent answered",
        CallOutcome::Exited => "the caller left by an exit of the queue",
        CallOutcome::ExitFailed => "the queue's exit failed: nobody and nothing took the caller",
        CallOutcome::NotAnswered => "it could not be answered",
        CallOutcome::Ended => "ended before an agent talked to the caller",
        CallOutcome::Failed => "it broke",
    }
}

/// As the configuration calls it.
fn exit_name(reason: ExitReason) -> &'static str {
    match reason {
        ExitReason::MaxWait
        | ExitReason::QueueFull
        | ExitReason::OffersMax
        | ExitReason::InputsSkipped => "max_wait",
        ExitReason::NoAgents => "no_agents",
        ExitReason::Closed => "closed",
        ExitReason::NumberFailed => "otherwise",
    }
}

fn exit_reason(reason: ExitReason) -> &'static str {
    match reason {
        ExitReason::MaxWait => "the longest time to wait is over",
        ExitReason::QueueFull => "as many wait as may",
        ExitReason::OffersMax => "it was offered as often as it may be",
        ExitReason::NoAgents => "nobody who could serve it is logged in",
        ExitReason::Closed => "the queue is closed",
        ExitReason::NumberFailed => "the number did not answer",
        ExitReason::InputsSkipped => "its inputs hit mistakes in the engine",
    }
}

fn exit_way(way: ExitWay) -> &'static str {
    match way {
        ExitWay::Message => "a message, then the call ends",
        ExitWay::Queue => "it goes to queue",
        ExitWay::Number => "a number is rung",
        ExitWay::Voicemail => "the caller may leave a message",
        ExitWay::End => "the contact ends",
    }
}

fn endpoint_kind(kind: EndpointKind) -> &'static str {
    match kind {
        EndpointKind::TeamsClient => "Teams client",
        EndpointKind::CallingSdk => "Calling SDK client",
        EndpointKind::Pstn => "phone",
    }
}

fn status(status: AgentStatus, symbols: &Symbols) -> String {
    match status {
        AgentStatus::Offline => "offline".to_owned(),
        AgentStatus::Ready => "ready".to_owned(),
        AgentStatus::Reserved => "being offered a contact".to_owned(),
        AgentStatus::Busy => "busy".to_owned(),
        AgentStatus::WrapUp => "in wrap-up".to_owned(),
        AgentStatus::NotReady(reason) => format!("not ready: {}", symbols.name(reason.0)),
        AgentStatus::NotReadyRona => "not ready after a missed offer".to_owned(),
    }
}

#[cfg(test)]
mod tests;
