//! An answered call: its parties, how it ends, and what the application is told.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use cordboard_acs::wire::{
    call::{AnswerCallRequest, CallConnectionProperties, CallConnectionState},
    callback::{CallbackDetail, ResultInformation},
    identifier::{
        CommunicationIdentifier, CommunicationUserIdentifier, Identity, PhoneNumberIdentifier,
    },
    participant::CallParticipant,
    streaming::{
        MediaStreamingContentType, MediaStreamingSubscription, SubscriptionState,
        TranscriptionResultType, TranscriptionSubscription,
    },
};
use fastrand::Rng;

use super::{
    CallId, CallerId, World,
    invitation::{Invitation, Reply},
    media::{Op, OpId},
    outbox::Outbox,
    recording::{Capture, CaptureKind, Recording},
};
use crate::{
    ledger::{CallRecord, Disconnected, EndedBy, Left, ParticipantRecord, VoiceKind, close_span},
    random,
    script::{Phase, RawId},
};

pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) server_call_id: String,
    pub(super) correlation_id: String,
    pub(super) callback_uri: String,
    /// The context of the request to answer, for the events that belong to it.
    pub(super) operation_context: Option<String>,
    pub(super) answered_by: Option<CommunicationUserIdentifier>,
    pub(super) caller: CallerId,
    pub(super) from: RawId,
    pub(super) dials: RawId,
    /// Whether speech services were named at the answer.
    pub(super) speech: bool,
    /// Whether the application is in the call.
    pub(super) app_in: bool,
    pub(super) legs: Vec<Leg>,
    pub(super) invitations: BTreeMap<String, Invitation>,
    pub(super) sequence: i64,
    pub(super) ops: BTreeMap<OpId, Op>,
    /// Operations of the main leg in turn; the first one is at work.
    pub(super) queue: VecDeque<OpId>,
    /// The operation at work on a party's own leg.
    pub(super) on_leg: BTreeMap<RawId, OpId>,
    pub(super) recordings: BTreeMap<String, Recording>,
    pub(super) transcription: Capture,
    pub(super) streaming: Capture,
    pub(super) outbox: Outbox,
    pub(super) rng: Rng,
    pub(super) record: CallRecord,
}

/// One party in a call.
pub(super) struct Leg {
    pub(super) id: RawId,
    pub(super) is: Party,
    /// Voids timers that were set before the party heard something new.
    pub(super) generation: u64,
    /// Has begun to talk to the caller.
    pub(super) talked: bool,
    /// Wants to leave as soon as it can.
    pub(super) talk_over: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Party {
    Caller,
    /// Somebody who was invited, and the number of the ring in the endpoint's record.
    Invited {
        ring: usize,
    },
}

impl Call {
    /// Whether this call came to a Teams resource account.
    pub(super) fn is_teams_phone(&self) -> bool {
        self.dials.is_application()
    }

    pub(super) fn is_over(&self) -> bool {
        !self.app_in && self.legs.is_empty() && self.outbox.is_empty()
    }

    pub(super) fn leg(&self, id: &RawId) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.id == *id)
    }

    pub(super) fn leg_mut(&mut self, id: &RawId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.id == *id)
    }

    pub(super) fn is_ringing_anybody(&self) -> bool {
        !self.invitations.is_empty()
    }

    pub(crate) fn participants(&self) -> Vec<CallParticipant> {
        self.legs.iter().map(|leg| participant(&leg.id)).collect()
    }

    pub(super) fn properties(&self, state: CallConnectionState) -> CallConnectionProperties {
        let dialled_number = match Identity::from_raw_id(self.dials.as_str()) {
            Identity::Phone { number, .. } => Some(PhoneNumberIdentifier::new(&number)),
            _ => None,
        };
        CallConnectionProperties {
            call_connection_id: Some(self.id.to_string()),
            server_call_id: Some(self.server_call_id.clone()),
            targets: Some(vec![identifier(&self.dials)]),
            call_connection_state: Some(state),
            callback_uri: Some(self.callback_uri.clone()),
            source: Some(identifier(&self.from)),
            correlation_id: Some(self.correlation_id.clone()),
            answered_by: self.answered_by.clone(),
            answered_for: dialled_number,
            media_streaming_subscription: self.streaming.is_configured.then(|| {
                MediaStreamingSubscription {
                    id: Some(format!("{}-media", self.id)),
                    state: Some(subscription_state(self.streaming.is_running)),
                    subscribed_content_types: Some(vec![MediaStreamingContentType::Audio]),
                }
            }),
            transcription_subscription: self.transcription.is_configured.then(|| {
                TranscriptionSubscription {
                    id: Some(format!("{}-transcription", self.id)),
                    state: Some(subscription_state(self.transcription.is_running)),
                    subscribed_result_types: Some(vec![TranscriptionResultType::Final]),
                    locale: None,
                }
            }),
            source_caller_id_number: None,
            source_display_name: None,
        }
    }
}

impl World {
    /// Puts a caller who rings and the application into a new call.
    pub(super) fn connect(
        &mut self,
        caller_id: CallerId,
        request: &AnswerCallRequest,
        request_id: &str,
    ) -> Option<CallId> {
        let id: CallId = Arc::from(random::guid(&mut self.ids));
        let now_ms = self.now.at_ms;
        let caller = self.callers.get_mut(caller_id.0)?;
        let streaming = request.media_streaming_options.as_ref();
        let transcription = request.transcription_options.as_ref();
        let intelligence = request.call_intelligence_options.as_ref();
        let from = caller.script.from.clone();
        let leg = Leg {
            id: from.clone(),
            is: Party::Caller,
            generation: 0,
            talked: false,
            talk_over: false,
        };
        let call = Call {
            id: Arc::clone(&id),
            server_call_id: caller.server_call_id.clone(),
            correlation_id: caller.correlation_id.clone(),
            callback_uri: request.callback_uri.clone(),
            operation_context: request.operation_context.clone(),
            answered_by: request.answered_by.clone(),
            caller: caller_id,
            from: from.clone(),
            dials: caller.script.dials.clone(),
            speech: intelligence
                .is_some_and(|options| options.cognitive_services_endpoint.is_some()),
            app_in: true,
            legs: vec![leg],
            invitations: BTreeMap::new(),
            sequence: 0,
            ops: BTreeMap::new(),
            queue: VecDeque::new(),
            on_leg: BTreeMap::new(),
            recordings: BTreeMap::new(),
            transcription: Capture::configured(transcription.is_some()),
            streaming: Capture::configured(streaming.is_some()),
            outbox: Outbox::default(),
            rng: random::stream(self.seed, "events", &caller.script.name),
            record: CallRecord {
                id: id.to_string(),
                caller: caller.script.name.clone(),
                answered_ms: now_ms,
                answers_accepted: BTreeSet::from([request_id.to_owned()]),
                participants: vec![ParticipantRecord {
                    identifier: from,
                    joined_ms: now_ms,
                    left: None,
                }],
                recordings: Vec::new(),
                transcribed: Vec::new(),
                streamed: Vec::new(),
                disconnected: None,
            },
        };
        caller.enter(&id, now_ms);
        self.calls.insert(Arc::clone(&id), call);
        self.call_order.push(Arc::clone(&id));
        self.enter_phase(caller_id, Phase::Greeting);
        let context = request.operation_context.clone();
        self.tell(
            &id,
            None,
            context.clone(),
            success("Call connected."),
            CallbackDetail::CallConnected,
        );
        self.tell_participants(&id);
        let reply = || Reply {
            operation_context: context.clone(),
            callback_uri: None,
        };
        if streaming.and_then(|options| options.start_media_streaming) == Some(true) {
            self.set_capture(&id, CaptureKind::Streaming, true, reply());
        }
        if transcription.and_then(|options| options.start_transcription) == Some(true) {
            self.set_capture(&id, CaptureKind::Transcription, true, reply());
        }
        self.touch(&id);
        Some(id)
    }

    /// Takes one party out of a call, and ends the call if nobody is left who could talk.
    pub(super) fn take_out(&mut self, call_id: &CallId, party: &RawId, by: EndedBy) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        let Some(at) = call.legs.iter().position(|leg| leg.id == *party) else {
            return;
        };
        let leg = call.legs.remove(at);
        let mut present = call.record.participants.iter_mut();
        if let Some(row) = present.find(|row| row.identifier == *party && row.left.is_none()) {
            row.left = Some(Left { at_ms: now_ms, by });
        }
        let (app_in, legs_left) = (call.app_in, call.legs.len());
        match leg.is {
            Party::Caller => {
                let caller = call.caller;
                self.caller_ended(caller, by);
                self.shorten_stays(call_id);
            }
            Party::Invited { ring } => {
                self.note_parting(call_id, &leg, by);
                self.party_ended(party, ring, by);
            }
        }
        self.touch(call_id);
        self.fail_operations_of(call_id, party);
        match (app_in, legs_left) {
            (true, 0) => self.disconnect(call_id, EndedBy::Others, 200, 0, "Call ended."),
            (true, 1) if self.behaviour.ends_with_one_party => {
                self.disconnect(
                    call_id,
                    EndedBy::Others,
                    200,
                    5010,
                    "Call ended as only one participant is left.",
                );
            }
            (true, _) => self.tell_participants(call_id),
            (false, 1) => self.take_out_all(call_id, EndedBy::Others),
            (false, _) => {}
        }
    }

    /// Notes for the caller that somebody they talked to is out of the call.
    fn note_parting(&mut self, call_id: &CallId, leg: &Leg, by: EndedBy) {
        let at_ms = self.now.at_ms;
        let in_person = matches!(self.voice_kind(leg), VoiceKind::Agent | VoiceKind::Outside);
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        if !in_person || !leg.talked || call.leg(&call.from).is_none() {
            return;
        }
        let caller = call.caller;
        if let Some(caller) = self.caller(caller) {
            caller.record.parted = Some(Left { at_ms, by });
        }
    }

    /// Ends a call for everybody in it, and tells the application if it is among them.
    pub(super) fn disconnect(
        &mut self,
        call_id: &CallId,
        by: EndedBy,
        code: i64,
        sub_code: i64,
        message: &str,
    ) {
        self.drop_application(call_id, code, sub_code, message);
        self.take_out_all(call_id, by);
    }

    /// Takes the application out; the others, if there are two or more, talk on.
    pub(super) fn leave_application(&mut self, call_id: &CallId) {
        self.drop_application(call_id, 200, 7000, "The call was ended by the application.");
        if self
            .calls
            .get(call_id)
            .is_some_and(|call| call.legs.len() < 2)
        {
            self.take_out_all(call_id, EndedBy::Service);
        }
    }

    fn take_out_all(&mut self, call_id: &CallId, by: EndedBy) {
        let Some(call) = self.calls.get(call_id) else {
            return;
        };
        let parties: Vec<RawId> = call.legs.iter().map(|leg| leg.id.clone()).collect();
        for party in parties {
            self.take_out(call_id, &party, by);
        }
    }

    fn drop_application(&mut self, call_id: &CallId, code: i64, sub_code: i64, message: &str) {
        let now_ms = self.now.at_ms;
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        if !call.app_in {
            return;
        }
        call.app_in = false;
        call.ops.clear();
        call.queue.clear();
        call.on_leg.clear();
        close_span(&mut call.record.transcribed, now_ms);
        close_span(&mut call.record.streamed, now_ms);
        call.record.disconnected = Some(Disconnected {
            at_ms: now_ms,
            code,
            sub_code,
        });
        let context = call.operation_context.clone();
        self.touch(call_id);
        self.end_invitations(call_id);
        self.stop_recordings(call_id);
        let result = ResultInformation::new(code, sub_code, message);
        self.tell(
            call_id,
            None,
            context,
            result,
            CallbackDetail::CallDisconnected,
        );
    }

    /// Tells the application who is in the call.
    pub(super) fn tell_participants(&mut self, call_id: &CallId) {
        let Some(call) = self.calls.get_mut(call_id) else {
            return;
        };
        if !call.app_in {
            return;
        }
        call.sequence += 1;
        let detail = CallbackDetail::ParticipantsUpdated {
            sequence_number: Some(call.sequence),
            participants: call.participants(),
        };
        self.tell(
            call_id,
            None,
            None,
            success("Action completed successfully."),
            detail,
        );
    }

    /// The call, if the application is in it.
    pub(super) fn live(&mut self, call_id: &str) -> Option<&mut Call> {
        self.calls.get_mut(call_id).filter(|call| call.app_in)
    }
}

/// The result of what went well.
pub(super) fn success(message: &str) -> ResultInformation {
    ResultInformation::new(200, 0, message)
}

/// An identifier as answers and events have it.
pub(super) fn identifier(raw_id: &RawId) -> CommunicationIdentifier {
    Identity::from_raw_id(raw_id.as_str()).to_response()
}

/// A row of a participant list.
pub(super) fn participant(raw_id: &RawId) -> CallParticipant {
    CallParticipant {
        identifier: Some(identifier(raw_id)),
        is_muted: Some(false),
        is_on_hold: Some(false),
    }
}

fn subscription_state(is_running: bool) -> SubscriptionState {
    if is_running {
        SubscriptionState::Active
    } else {
        SubscriptionState::Inactive
    }
}
