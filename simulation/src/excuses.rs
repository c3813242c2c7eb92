//! Why a caller may have ended as their script does not allow: what went astray in this very call, shortly before.
//!
//! An excuse names the requests and callbacks whose loss leads to a fate, and how long before. Whatever has no such reason
//! is a violation, however much went wrong otherwise.

use cordboard_core::Input;
use cordboard_core::event::Event;
use cordboard_core::ids::CallId;
use cordboard_core::input::{AgentAction, CallAction, QueueAction};
use cordboard_simulator::ledger::{CallerRecord, EndedBy, Sound, VoiceKind};
use cordboard_simulator::script::{Fate, Phase, RawId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Two requests in different lanes, or a request and a callback, pass each other within this time.
const ON_THE_WIRE_MS: u64 = 150;
/// What somebody does is seen outside within this time, however slow the disk is (up to 300 ms).
const DURABLE_MS: u64 = ON_THE_WIRE_MS + 300;
/// An incoming call that is heard of later than this after the first ring is not answered any more.
const TOO_LATE_MS: u64 = 28_000;
/// For a request and its event, as the engine waits, and as long again for a second try.
const OPERATION_MS: u64 = 45_000;
/// What the engine calls the operations that play the sound of an exit.
const EXIT_SOUNDS: [&str; 2] = ["exit-message", "voicemail-greeting"];
/// The sound of an exit is tried this often.
const SOUND_TRIES: usize = 3;
/// And so many of the tries fail by themselves: one may fail because nobody heard that the one before it plays.
const FAULTS_OF_TRIES: usize = 2;
/// A question to press 1 that the service was too busy for is asked again, and heard, within this time.
const ASKED_AGAIN_MS: u64 = 5_000;
/// Whoever believes to talk and hears nothing hangs up within this time of what parted them.
const GIVES_UP_MS: u64 = 1_500 + 2 * DURABLE_MS;
/// What keeps the requests behind one in its lane waiting, for up to its deadline.
const HOLD_UP: [&str; 3] = ["hanging", "answer_lost", "throttled"];
/// How the raw id of a phone begins.
const PHONE: &str = "4:";
/// The same when somebody is rung meanwhile.
const RING_MS: u64 = 85_000;

/// Whose request or callback went astray.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum About {
    /// A call by its connection.
    Call(String),
    /// A call that is being answered, whose connection nobody knows yet.
    Answer(CallId),
}

/// A request that failed, or a callback that was lost or came late.
#[derive(Clone, Debug)]
pub(crate) struct Astray {
    pub(crate) at_ms: u64,
    /// Until when it lasted: an answer was waited for, a callback was held back.
    pub(crate) until_ms: u64,
    /// The name of the operation, or the type of the event.
    pub(crate) what: String,
    /// What became of it.
    pub(crate) fault: &'static str,
}

impl fmt::Display for Astray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {}", self.what, self.fault, self.at_ms)
    }
}

/// What was done at desktops that ends offers and conversations, and when; and how often the sound of a call's exit failed,
/// as the engine told.
#[derive(Default)]
pub(crate) struct Acts {
    calls: BTreeMap<CallId, Vec<u64>>,
    exit_sounds_failed: BTreeMap<CallId, usize>,
    /// Whom an agent has put on hold, and has not taken back.
    on_hold: BTreeSet<CallId>,
    /// Offers that agents declined or logged out of, and queues that were closed.
    withdrawals: Vec<u64>,
}

impl Acts {
    pub(crate) fn note(&mut self, at_ms: u64, input: &Input) {
        match input {
            Input::Call {
                call,
                action:
                    CallAction::Hold
                    | CallAction::Collect(_)
                    | CallAction::Leave
                    | CallAction::End
                    | CallAction::Requeue(_),
                ..
            } => self.calls.entry(*call).or_default().push(at_ms),
            Input::Agent {
                action: AgentAction::Decline(_) | AgentAction::Offline,
                ..
            }
            | Input::Queue {
                action: QueueAction::Close,
                ..
            } => self.withdrawals.push(at_ms),
            _ => {}
        }
    }

    pub(crate) fn told(&mut self, event: &Event) {
        if let Event::HoldChanged { call, on_hold } = event {
            if *on_hold {
                self.on_hold.insert(*call);
            } else {
                self.on_hold.remove(call);
            }
        }
        if let Event::OperationFailed {
            call, operation, ..
        } = event
            && EXIT_SOUNDS.contains(&operation.as_str())
        {
            *self.exit_sounds_failed.entry(*call).or_default() += 1;
        }
    }

    fn exit_sounds_failed(&self, calls: &[CallId]) -> usize {
        let failed = calls
            .iter()
            .filter_map(|call| self.exit_sounds_failed.get(call));
        failed.sum()
    }

    /// Whether somebody parted this caller from an agent in that time.
    fn parted(&self, calls: &[CallId], from_ms: u64, to_ms: u64) -> bool {
        let acts = calls.iter().filter_map(|call| self.calls.get(call));
        acts.flatten()
            .any(|at_ms| (from_ms..=to_ms).contains(at_ms))
    }

    fn withdrew(&self, from_ms: u64, to_ms: u64) -> bool {
        self.withdrawals
            .iter()
            .any(|at_ms| (from_ms..=to_ms).contains(at_ms))
    }
}

/// What may be said for a caller's fate.
pub(crate) struct Case<'a> {
    pub(crate) caller: &'a CallerRecord,
    pub(crate) calls: &'a [CallId],
    pub(crate) astray: &'a [Astray],
    pub(crate) acts: &'a Acts,
    pub(crate) outages: &'a [(u64, Option<u64>)],
    /// When the engine first hung up.
    pub(crate) hung_up_ms: Option<u64>,
    /// Nobody told the engine of the connection.
    pub(crate) unheard: bool,
    pub(crate) end_ms: u64,
}

impl Case<'_> {
    /// The reason for a fate that the script does not allow, if there is one.
    pub(crate) fn excuse(&self, fate: Fate) -> Option<&'static str> {
        if self.unheard {
            return Some("nobody told the engine that the caller was there");
        }
        match fate {
            Fate::RangOut => self.rang_out(),
            Fate::Dropped => self.dropped(),
            Fate::CutOff => self.cut_off(),
            Fate::Voicemail => self.voicemail(),
            Fate::AbandonedQueue => self.gave_up(),
            Fate::Talked
            | Fate::Diverted
            | Fate::LeftMessage
            | Fate::Dismissed
            | Fate::Rejected
            | Fate::AbandonedRinging
            | Fate::AbandonedGreeting
            | Fate::AbandonedMenu
            | Fate::AbandonedOffering
            | Fate::StillInCall => None,
        }
    }

    fn rang_out(&self) -> Option<&'static str> {
        if self.went_astray(&["answer"], OPERATION_MS) {
            return Some("the request to answer failed");
        }
        let dialled_ms = self.caller.dialled?.at_ms;
        let in_time = self.caller.deliveries.iter().any(|delivery| {
            delivery.is_acknowledged()
                && delivery
                    .finished
                    .is_some_and(|finished| finished.at_ms < dialled_ms + TOO_LATE_MS)
        });
        if !in_time {
            return Some("the engine heard of the call when it was too late");
        }
        self.was_down(dialled_ms, self.ended_ms())
            .then_some("the process was down while it rang")
    }

    fn dropped(&self) -> Option<&'static str> {
        let ended_ms = self.ended_ms();
        // What ends a call makes the engine hang up at once, however long the service refuses to.
        let hung_up_ms = self.hung_up_ms.unwrap_or(ended_ms).min(ended_ms);
        let from_ms = hung_up_ms.saturating_sub(DURABLE_MS);
        if self.acts.parted(self.calls, from_ms, ended_ms) {
            return Some("an agent or a supervisor ended the call");
        }
        // The message of an exit had been heard, and the end came late.
        let dismissed = self.last_prompt_is_a_message();
        let late = self.went_astray(&["PlayCompleted", "terminate"], OPERATION_MS)
            || self.was_down(ended_ms.saturating_sub(ON_THE_WIRE_MS), ended_ms);
        if dismissed && late {
            return Some("the hang-up after a message came late");
        }
        let of_sounds = ["play", "cancel all media"];
        let failed = self.astray_before(&of_sounds, hung_up_ms, OPERATION_MS);
        if self.acts.exit_sounds_failed(self.calls) >= SOUND_TRIES
            && failed.count() >= FAULTS_OF_TRIES
        {
            return Some("the message of an exit failed each time");
        }
        let rung = ["add participant", "AddParticipantSucceeded"];
        let in_vain = self.astray_before(&rung, hung_up_ms, RING_MS).next();
        in_vain.map(|_| "the number of an exit could not be rung")
    }

    fn cut_off(&self) -> Option<&'static str> {
        // Whoever is on hold may give up much later; whoever heard an agent again was not parted by what was done before.
        let from_ms = self.again_ms().min(self.hung_up_ms.unwrap_or(u64::MAX));
        // A hold waits for what is under way before it, which the service may leave hanging.
        let before = ["play", "cancel all media"];
        let hangs = self.astray_before(&before, from_ms, OPERATION_MS).next();
        let late_ms = hangs.map_or(ON_THE_WIRE_MS, |_| OPERATION_MS);
        let from_ms = from_ms.saturating_sub(late_ms);
        if self.acts.parted(self.calls, from_ms, self.ended_ms()) {
            return Some("an agent or a supervisor parted them");
        }
        // The service may refuse the music of a hold for minutes: until it plays, the caller hears the agent.
        let held = self
            .calls
            .iter()
            .any(|call| self.acts.on_hold.contains(call));
        if held && self.last_prompt_is_music() {
            return Some("an agent left them on hold");
        }
        if self.answered_too_late() {
            return Some("whoever was rung answered when the call was being hung up");
        }
        let parted_ms = self.ended_ms();
        let voices = self.caller.heard.iter();
        let talked_ms: u64 = voices
            .filter(|heard| is_voice(&heard.what, VoiceKind::Agent))
            .map(|heard| {
                let to_ms = heard.to_ms.unwrap_or(self.end_ms).min(parted_ms);
                to_ms.saturating_sub(heard.from_ms)
            })
            .sum();
        if talked_ms <= ON_THE_WIRE_MS {
            return Some("the agent answered while the offer was withdrawn");
        }
        if self.was_a_phone() && talked_ms <= DURABLE_MS {
            return Some("the phone was being asked to press 1");
        }
        let answered_ms = self.first_voice_ms()?;
        if self.acts.withdrew(
            answered_ms.saturating_sub(ON_THE_WIRE_MS),
            answered_ms + ON_THE_WIRE_MS,
        ) {
            return Some("the agent answered while the offer was withdrawn");
        }
        if self.went_astray(
            &[
                "AddParticipantSucceeded",
                "ParticipantsUpdated",
                "add participant",
            ],
            RING_MS,
        ) {
            return Some("the news that the agent had answered went astray");
        }
        let withdrawal = ["remove participant", "cancel add participant"];
        if self.went_astray(&withdrawal, OPERATION_MS) {
            return Some("the agent was to be out of the call");
        }
        let refused = self.went_astray(&["recognize"], ON_THE_WIRE_MS + ASKED_AGAIN_MS);
        if self.was_a_phone() && (refused || self.held_up(self.ended_ms())) {
            return Some("the phone was not asked to press 1 in time");
        }
        self.was_down(answered_ms.saturating_sub(RING_MS), self.ended_ms())
            .then_some("the process was down when the agent answered")
    }

    /// Somebody had picked up, and the engine, told that another had or that they were to part, took them out before anything
    /// was said.
    fn gave_up(&self) -> Option<&'static str> {
        let ended = self.caller.end?;
        if (ended.by, ended.phase) != (EndedBy::Party, Phase::Talking) {
            return None;
        }
        if self.went_astray(&["AddParticipantFailed"], RING_MS) {
            return Some("the news of who had answered was wrong");
        }
        let from_ms = ended.at_ms.saturating_sub(GIVES_UP_MS);
        self.acts
            .parted(self.calls, from_ms, ended.at_ms)
            .then_some("an agent or a supervisor parted them")
    }

    /// The agent had left, and with them what they had begun: the engine hung up, and before that was done somebody outside
    /// answered whom the agent had rung.
    fn answered_too_late(&self) -> bool {
        let heard = self.caller.heard.iter().rev();
        let last = heard
            .filter(|heard| is_voice(&heard.what, VoiceKind::Outside))
            .map(|heard| heard.from_ms)
            .next();
        let agent_again = self.again_ms();
        last.zip(self.hung_up_ms)
            .is_some_and(|(from_ms, hung_up_ms)| {
                from_ms + ON_THE_WIRE_MS >= hung_up_ms && agent_again < hung_up_ms
            })
    }

    /// A caller hears what picked up until it was asked to press 1 in vain and is taken out.
    fn voicemail(&self) -> Option<&'static str> {
        let heard = self.caller.heard.iter().rev();
        let last = heard
            .filter(|heard| is_voice(&heard.what, VoiceKind::Voicemail))
            .map(|heard| heard.to_ms.unwrap_or(self.end_ms))
            .next()?;
        let news = ["AddParticipantSucceeded"];
        if self.astray_before(&news, last, OPERATION_MS).count() > 0 {
            return Some("the news that a voicemail had answered went astray");
        }
        if self.was_down(last.saturating_sub(OPERATION_MS), last) {
            return Some("the process was down while a voicemail spoke");
        }
        let of_question = ["recognize", "RecognizeFailed", "remove participant"];
        let asked = self.astray_before(&of_question, last, OPERATION_MS);
        (asked.count() > 0 || self.held_up(last))
            .then_some("the question to press 1, or its end, went astray")
    }

    /// Whether a request about what is heard kept the others of its lane waiting until this moment or shortly before.
    fn held_up(&self, to_ms: u64) -> bool {
        let lane = ["play", "cancel all media", "recognize"];
        self.astray_before(&lane, to_ms, OPERATION_MS)
            .any(|astray| HOLD_UP.contains(&astray.fault))
    }

    /// Whether one of these went astray at most so long before the end.
    fn went_astray(&self, what: &[&str], before_ms: u64) -> bool {
        self.astray_before(what, self.ended_ms(), before_ms).count() > 0
    }

    fn astray_before(
        &self,
        what: &[&str],
        to_ms: u64,
        before_ms: u64,
    ) -> impl Iterator<Item = &Astray> {
        let from_ms = to_ms.saturating_sub(before_ms);
        self.astray.iter().filter(move |astray| {
            astray.at_ms <= to_ms
                && astray.until_ms >= from_ms
                && what.contains(&astray.what.as_str())
        })
    }

    fn was_down(&self, from_ms: u64, to_ms: u64) -> bool {
        self.outages.iter().any(|(out_ms, back_ms)| {
            *out_ms < to_ms && back_ms.is_none_or(|back_ms| back_ms > from_ms)
        })
    }

    /// When the caller was parted from the agent to whom they talked last, or the call ended.
    fn ended_ms(&self) -> u64 {
        let again_ms = self.again_ms();
        let parted = self
            .caller
            .parted
            .filter(|left| left.by == EndedBy::Service && left.at_ms >= again_ms);
        let ended = self.caller.end.map(|end| end.at_ms);
        parted
            .map(|left| left.at_ms)
            .or(ended)
            .unwrap_or(self.end_ms)
    }

    /// When the caller began to hear an agent for the last time. What is heard between two pieces of music is no conversation.
    fn again_ms(&self) -> u64 {
        let heard = self.caller.heard.iter().rev();
        let mut voices = heard.filter(|heard| {
            let to_ms = heard.to_ms.unwrap_or(self.end_ms);
            is_voice(&heard.what, VoiceKind::Agent) && to_ms - heard.from_ms > ON_THE_WIRE_MS
        });
        voices.next().map_or(0, |heard| heard.from_ms)
    }

    fn last_prompt_is_a_message(&self) -> bool {
        matches!(
            self.heard_last(),
            Some(Sound::Prompt { repeats: false, .. })
        )
    }

    fn last_prompt_is_music(&self) -> bool {
        matches!(self.heard_last(), Some(Sound::Prompt { repeats: true, .. }))
    }

    /// What the caller heard last that was not silence.
    fn heard_last(&self) -> Option<&Sound> {
        let heard = self.caller.heard.iter().rev();
        heard
            .map(|heard| &heard.what)
            .find(|what| **what != Sound::Silence)
    }

    fn first_voice_ms(&self) -> Option<u64> {
        self.voices().next().map(|(from_ms, _)| from_ms)
    }

    /// Whoever answers a phone is asked to press 1 before they count as the agent, and that request waits for the one
    /// before it in its lane.
    fn was_a_phone(&self) -> bool {
        let last = self.voices().last();
        last.is_some_and(|(_, of)| of.as_str().starts_with(PHONE))
    }

    /// The agents whom the caller heard, and from when on.
    fn voices(&self) -> impl Iterator<Item = (u64, &RawId)> {
        self.caller.heard.iter().filter_map(|heard| {
            let Sound::Voice {
                kind: VoiceKind::Agent,
                of,
            } = &heard.what
            else {
                return None;
            };
            Some((heard.from_ms, of))
        })
    }
}

fn is_voice(sound: &Sound, wanted: VoiceKind) -> bool {
    matches!(sound, Sound::Voice { kind, .. } if *kind == wanted)
}
