//! A tiny stand-in for ACS: takes an operation and tells what comes back, in the usual order.

use super::config::party;
use cordboard_core::Operation;
use cordboard_core::ids::{CallId, CommandId, ConnectionId, InvitationId, RecordingId};
use cordboard_core::input::{CallEventKind, Outcome, Response, ResultCodes};
use cordboard_core::participant::{Participant, ParticipantState};
use std::collections::BTreeMap;

/// One thing that ACS says.
#[derive(Clone, Debug)]
pub(crate) enum Says {
    /// The response of a request.
    Outcome(CommandId, Outcome),
    /// A callback with its `operationContext`.
    Event(CallId, Option<u32>, CallEventKind),
}

/// Who is in which call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acs {
    parties: BTreeMap<CallId, Vec<Participant>>,
    lists: u64,
}

impl Acs {
    /// What the response of an accepted operation holds.
    pub(crate) fn response(id: CommandId, operation: &Operation) -> Response {
        match operation {
            Operation::Answer { .. } | Operation::GetCall { .. } => Response::Connection {
                connection: connection(id.call),
                gone: false,
            },
            Operation::AddParticipant { .. } => Response::Invitation(invitation(id)),
            Operation::StartRecording { .. } => Response::Recording {
                recording: Some(recording(id.call)),
                active: false,
            },
            Operation::GetRecording { .. } => Response::Recording {
                recording: Some(recording(id.call)),
                active: true,
            },
            Operation::GetParticipants { .. } => Response::Participants(Vec::new()),
            Operation::Reject { .. }
            | Operation::Play { .. }
            | Operation::Recognize { .. }
            | Operation::CancelMedia { .. }
            | Operation::CancelAdd { .. }
            | Operation::RemoveParticipant { .. }
            | Operation::HangUp { .. }
            | Operation::Terminate { .. }
            | Operation::StopRecording { .. }
            | Operation::PauseRecording { .. }
            | Operation::ResumeRecording { .. }
            | Operation::StartTranscription { .. }
            | Operation::StopTranscription { .. }
            | Operation::StartStreaming { .. }
            | Operation::StopStreaming { .. } => Response::Empty,
        }
    }

    /// What comes back by itself when the service takes an operation. Parties answer, callers type
    /// and prompts end only when a test says so.
    pub(crate) fn take(&mut self, id: CommandId, operation: &Operation, caller: &str) -> Vec<Says> {
        let call = id.call;
        let context = Some(id.sequence);
        let accepted = Says::Outcome(id, Outcome::Accepted(Self::response(id, operation)));
        let event = |kind| Says::Event(call, context, kind);
        let plain = |kind| Says::Event(call, None, kind);
        let mut says = vec![accepted];
        match operation {
            Operation::Answer { .. } => {
                self.parties.insert(call, vec![party(caller)]);
                says.push(plain(CallEventKind::CallConnected));
                says.push(plain(self.list(call)));
            }
            Operation::Play { .. } => says.push(event(CallEventKind::PlayStarted)),
            Operation::CancelAdd { invitation, .. } => {
                says.push(plain(CallEventKind::InvitationCancelled(
                    invitation.clone(),
                )));
            }
            Operation::RemoveParticipant { participant, .. } => {
                self.leaves(call, participant);
                says.push(event(CallEventKind::ParticipantRemoved(
                    participant.clone(),
                )));
                says.push(plain(self.list(call)));
            }
            Operation::GetParticipants { .. } => {
                let parties = self.parties.get(&call).cloned().unwrap_or_default();
                let parties = parties.into_iter().map(present).collect();
                let response = Response::Participants(parties);
                says = vec![Says::Outcome(id, Outcome::Accepted(response))];
            }
            Operation::HangUp { .. } | Operation::Terminate { .. } => {
                says.push(plain(CallEventKind::CallDisconnected(
                    ResultCodes::default(),
                )));
            }
            Operation::StartRecording { .. } => {
                says.push(plain(CallEventKind::RecordingStateChanged {
                    recording: recording(call),
                    active: true,
                }));
            }
            Operation::StopTranscription { .. } => {
                says.push(plain(CallEventKind::TranscriptionChanged { active: false }));
            }
            Operation::StartTranscription { .. } => {
                says.push(plain(CallEventKind::TranscriptionChanged { active: true }));
            }
            Operation::StopStreaming { .. } => {
                says.push(plain(CallEventKind::StreamingChanged { active: false }));
            }
            Operation::StartStreaming { .. } => {
                says.push(plain(CallEventKind::StreamingChanged { active: true }));
            }
            Operation::Reject { .. }
            | Operation::Recognize { .. }
            | Operation::CancelMedia { .. }
            | Operation::AddParticipant { .. }
            | Operation::GetCall { .. }
            | Operation::StopRecording { .. }
            | Operation::PauseRecording { .. }
            | Operation::ResumeRecording { .. }
            | Operation::GetRecording { .. } => {}
        }
        says
    }

    pub(crate) fn joins(&mut self, call: CallId, who: &Participant) {
        self.parties.entry(call).or_default().push(who.clone());
    }

    pub(crate) fn leaves(&mut self, call: CallId, who: &Participant) {
        if let Some(parties) = self.parties.get_mut(&call) {
            parties.retain(|party| !party.is_same_party(who));
        }
    }

    /// The list of everybody in the call.
    pub(crate) fn list(&mut self, call: CallId) -> CallEventKind {
        self.lists += 1;
        let parties = self.parties.get(&call).cloned().unwrap_or_default();
        CallEventKind::ParticipantsUpdated {
            sequence: self.lists,
            participants: parties.into_iter().map(present).collect(),
        }
    }
}

pub(crate) fn present(participant: Participant) -> ParticipantState {
    ParticipantState {
        participant,
        on_hold: false,
        muted: false,
    }
}

pub(crate) fn connection(call: CallId) -> ConnectionId {
    ConnectionId(format!("conn-{call}"))
}

pub(crate) fn invitation(id: CommandId) -> InvitationId {
    InvitationId(format!("inv-{id}"))
}

pub(crate) fn recording(call: CallId) -> RecordingId {
    RecordingId(format!("rec-{call}"))
}
