//! Carrying out the core's operations: from a command to a request, and from its outcome back to the core.

use std::fmt;

use cordboard_clock::Hold;
use cordboard_core::command::{INTER_TONE, Operation, RejectReason};
use cordboard_core::config::MediaOptions;
use cordboard_core::ids::{
    CollectionId, CommandId, ConnectionId, InvitationId, Millis, PromptId, RecordingId,
};
use cordboard_core::input::{Outcome as CoreOutcome, Response};
use cordboard_core::participant::Participant;
use cordboard_core::question::{RecordingChannels, RecordingFormat};

use crate::callback_path::CallbackPath;
use crate::client::{Client, Dispatch, Outcome};
use crate::edge_key::EdgeKey;
use crate::inbound::participant_states;
use crate::operation_context::{OperationContext, Privacy};
use crate::wire::call::{
    AnswerCallRequest, CallConnectionProperties, CallConnectionState, CallIntelligenceOptions,
    CallRejectReason, CustomCallingContext, RejectCallRequest,
};
use crate::wire::identifier::{CommunicationIdentifier, Identity};
use crate::wire::media::{
    DtmfOptions, PlayOptions, PlayRequest, PlaySource, RecognizeInputType, RecognizeOptions,
    RecognizeRequest, Tone,
};
use crate::wire::participant::{
    AddParticipantRequest, CancelAddParticipantRequest, RemoveParticipantRequest,
};
use crate::wire::recording::{
    RecordingChannelType, RecordingContentType, RecordingFormatType, RecordingState,
    RecordingStateResponse, StartRecordingRequest,
};
use crate::wire::streaming::{
    MediaStreamingAudioChannelType, MediaStreamingContentType, MediaStreamingOptions,
    StartMediaStreamingRequest, StartTranscriptionRequest, StopMediaStreamingRequest,
    StopTranscriptionRequest, StreamingTransportType, TranscriptionOptions,
};

/// The status that the core is told for a request that never left, or that cannot be made: that of a gateway which
/// cannot reach the service. Like every refusal it had no effect.
pub const STATUS_NOT_SENT: u16 = 503;

/// The status that the core is told for a sound that there is not. There will be none the next time either, so that
/// nobody waits in silence for further tries.
pub const STATUS_NO_PROMPT: u16 = 400;

/// The longest invitation, in seconds. SPEC(Call Automation 2026-03-12, `invitationTimeoutInSeconds`).
const RING_SECONDS_MAX: u32 = 180;
/// The longest silence before the first tone, in seconds. SPEC(Call Automation 2026-03-12,
/// `initialSilenceTimeoutInSeconds`).
const SILENCE_SECONDS_MAX: u32 = 300;

/// Where things are that requests name, for one tenant.
#[derive(Clone, Copy)]
pub struct OperationSettings<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The address of the callback endpoint, without a slash at its end; a call's path is put behind it.
    pub callback_base: &'a str,
    /// The address of a prompt's file, or `None` if there is no such prompt.
    pub prompt_uri: &'a (dyn Fn(PromptId) -> Option<String> + Sync),
    /// What calls are answered with besides audio.
    pub media: &'a MediaOptions,
}

impl fmt::Debug for OperationSettings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationSettings")
            .field("tenant", &self.tenant)
            .field("callback_base", &self.callback_base)
            .field("media", &self.media)
            .finish_non_exhaustive()
    }
}

/// Carries out operations of the core on one resource.
#[derive(Clone, Debug)]
pub struct Operator {
    client: Client,
    key: EdgeKey,
}

impl Operator {
    /// An operator that sends with this client and derives its ids from this key.
    #[must_use]
    pub fn new(client: Client, key: EdgeKey) -> Self {
        Self { client, key }
    }

    /// The client that it sends with.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Carries out one operation and tells what became of it, with the hold under which the caller goes on.
    ///
    /// No attempt is started after `deadline_ms` (milliseconds since the Unix epoch), nor after an answer's own
    /// deadline. Operations of one call that the core orders into the same lane are to be carried out one after the
    /// other.
    pub async fn carry_out(
        &self,
        command: CommandId,
        operation: &Operation,
        settings: &OperationSettings<'_>,
        deadline_ms: u64,
        hold: Hold,
    ) -> (CoreOutcome, Hold) {
        let deadline_ms = match operation {
            Operation::Answer { deadline, .. } => deadline_ms.min(*deadline),
            _ => deadline_ms,
        };
        let request_id = self.key.request_id(settings.tenant, command);
        let mut dispatch = self.client.dispatch(hold, request_id, deadline_ms);
        let requests = Requests {
            key: &self.key,
            settings,
            command,
        };
        let outcome = self.send(operation, &requests, &mut dispatch).await;
        (outcome, dispatch.into_hold())
    }

    async fn send(
        &self,
        operation: &Operation,
        requests: &Requests<'_>,
        dispatch: &mut Dispatch,
    ) -> CoreOutcome {
        let client = &self.client;
        match operation {
            Operation::Answer { context, .. } => {
                let request = requests.answer(&context.0);
                of_connection(client.answer(&request, dispatch).await, None)
            }
            Operation::Reject { context, reason } => {
                let request = reject(&context.0, *reason);
                of_nothing(client.reject(&request, dispatch).await)
            }
            Operation::Play {
                connection,
                prompt,
                to,
                looped,
            } => {
                let Some(request) = requests.play(*prompt, to.as_ref(), *looped) else {
                    return no_prompt(*prompt);
                };
                of_nothing(client.play(&connection.0, &request, dispatch).await)
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
                let privacy = privacy(*sensitive, *collection);
                let input = Input {
                    target,
                    digits_max: *digits_max,
                    stop_on_pound: *stop_on_pound,
                    silence: *silence,
                };
                let Some(request) = requests.recognize(*prompt, input, privacy) else {
                    return no_prompt(*prompt);
                };
                of_nothing(client.recognize(&connection.0, &request, dispatch).await)
            }
            Operation::CancelMedia { connection } => {
                of_nothing(client.cancel_all_media(&connection.0, dispatch).await)
            }
            Operation::AddParticipant {
                connection,
                participant,
                ring,
                headers,
            } => {
                let mut request = requests.add(participant, *ring);
                if !headers.is_empty() {
                    let voip_headers = Some(headers.clone());
                    request.custom_calling_context = Some(CustomCallingContext {
                        voip_headers,
                        sip_headers: None,
                    });
                }
                let outcome = client
                    .add_participant(&connection.0, &request, dispatch)
                    .await;
                let another = dispatch.may_have_had_effect_before();
                to_core(
                    outcome.map(|response| response.invitation_id),
                    |invitation_id| {
                        let invitation = InvitationId(invitation_id?);
                        Some(if another {
                            Response::AnotherInvitation(invitation)
                        } else {
                            Response::Invitation(invitation)
                        })
                    },
                )
            }
            Operation::CancelAdd {
                connection,
                invitation,
            } => {
                let request = requests.cancel_add(invitation);
                of_nothing(
                    client
                        .cancel_add_participant(&connection.0, &request, dispatch)
                        .await
                        .map(|_| ()),
                )
            }
            Operation::RemoveParticipant {
                connection,
                participant,
            } => {
                let request = requests.remove(participant);
                of_nothing(
                    client
                        .remove_participant(&connection.0, &request, dispatch)
                        .await
                        .map(|_| ()),
                )
            }
            Operation::GetCall { connection } => of_connection(
                client.get_call(&connection.0, dispatch).await,
                Some(connection),
            ),
            Operation::GetParticipants { connection } => {
                let outcome = client.list_participants(&connection.0, dispatch).await;
                to_core(outcome, |rows| {
                    Some(Response::Participants(participant_states(&rows)))
                })
            }
            Operation::HangUp { connection } => {
                of_nothing(client.hang_up(&connection.0, dispatch).await)
            }
            Operation::Terminate { connection } => {
                of_nothing(client.terminate(&connection.0, dispatch).await)
            }
            Operation::StartRecording {
                connection,
                format,
                channels,
            } => {
                let request = requests.start_recording(connection, *format, *channels);
                of_recording(client.start_recording(&request, dispatch).await)
            }
            Operation::StopRecording { recording } => {
                of_nothing(client.stop_recording(&recording.0, dispatch).await)
            }
            Operation::PauseRecording { recording } => {
                of_nothing(client.pause_recording(&recording.0, dispatch).await)
            }
            Operation::ResumeRecording { recording } => {
                of_nothing(client.resume_recording(&recording.0, dispatch).await)
            }
            Operation::GetRecording { recording } => {
                of_recording(client.get_recording(&recording.0, dispatch).await)
            }
            Operation::StartTranscription { connection } => {
                let request = StartTranscriptionRequest {
                    locale: requests
                        .settings
                        .media
                        .transcription
                        .as_ref()
                        .map(|options| options.locale.clone()),
                    operation_context: Some(requests.context(Privacy::Plain)),
                    ..Default::default()
                };
                of_nothing(
                    client
                        .start_transcription(&connection.0, &request, dispatch)
                        .await,
                )
            }
            Operation::StopTranscription { connection } => {
                let operation_context = Some(requests.context(Privacy::Plain));
                let request = StopTranscriptionRequest {
                    operation_context,
                    ..Default::default()
                };
                of_nothing(
                    client
                        .stop_transcription(&connection.0, &request, dispatch)
                        .await,
                )
            }
            Operation::StartStreaming { connection } => {
                let operation_context = Some(requests.context(Privacy::Plain));
                let request = StartMediaStreamingRequest {
                    operation_context,
                    ..Default::default()
                };
                of_nothing(
                    client
                        .start_media_streaming(&connection.0, &request, dispatch)
                        .await,
                )
            }
            Operation::StopStreaming { connection } => {
                let operation_context = Some(requests.context(Privacy::Plain));
                let request = StopMediaStreamingRequest {
                    operation_context,
                    ..Default::default()
                };
                of_nothing(
                    client
                        .stop_media_streaming(&connection.0, &request, dispatch)
                        .await,
                )
            }
        }
    }
}

/// Makes the bodies of one command's request.
struct Requests<'a> {
    key: &'a EdgeKey,
    settings: &'a OperationSettings<'a>,
    command: CommandId,
}

/// What a recognition listens to.
struct Input<'a> {
    target: &'a Participant,
    digits_max: u32,
    stop_on_pound: bool,
    silence: Millis,
}

impl Requests<'_> {
    fn context(&self, privacy: Privacy) -> String {
        OperationContext {
            command: self.command,
            privacy,
        }
        .encode(self.key, self.settings.tenant)
    }

    fn callback_uri(&self) -> String {
        let path = CallbackPath {
            tenant: self.settings.tenant.to_owned(),
            call: self.command.call,
        };
        format!(
            "{}/{}",
            self.settings.callback_base.trim_end_matches('/'),
            path.encode(self.key)
        )
    }

    fn answer(&self, incoming_call_context: &str) -> AnswerCallRequest {
        let media = self.settings.media;
        AnswerCallRequest {
            incoming_call_context: incoming_call_context.into(),
            callback_uri: self.callback_uri(),
            operation_context: Some(self.context(Privacy::Plain)),
            call_intelligence_options: media.cognitive_services_endpoint.clone().map(|endpoint| {
                CallIntelligenceOptions {
                    cognitive_services_endpoint: Some(endpoint),
                }
            }),
            answered_by: None,
            media_streaming_options: media.streaming.as_ref().map(|streaming| {
                MediaStreamingOptions {
                    transport_type: StreamingTransportType::Websocket,
                    audio_channel_type: MediaStreamingAudioChannelType::Mixed,
                    transport_url: Some(streaming.transport_url.clone()),
                    content_type: Some(MediaStreamingContentType::Audio),
                    start_media_streaming: Some(true),
                    enable_bidirectional: None,
                    audio_format: None,
                    enable_dtmf_tones: None,
                }
            }),
            transcription_options: media.transcription.as_ref().map(|transcription| {
                TranscriptionOptions {
                    transport_type: StreamingTransportType::Websocket,
                    locale: transcription.locale.clone(),
                    transport_url: Some(transcription.transport_url.clone()),
                    speech_model_endpoint_id: None,
                    start_transcription: Some(true),
                    enable_intermediate_results: None,
                }
            }),
        }
    }

    fn play(
        &self,
        prompt: PromptId,
        to: Option<&Participant>,
        looped: bool,
    ) -> Option<PlayRequest> {
        Some(PlayRequest {
            play_sources: vec![self.source(prompt)?],
            play_to: to.into_iter().map(identifier).collect(),
            interrupt_call_media_operation: Some(false),
            play_options: Some(PlayOptions { repeat: looped }),
            operation_context: Some(self.context(Privacy::Plain)),
            operation_callback_uri: None,
        })
    }

    fn recognize(
        &self,
        prompt: PromptId,
        input: Input<'_>,
        privacy: Privacy,
    ) -> Option<RecognizeRequest> {
        Some(RecognizeRequest {
            recognize_input_type: RecognizeInputType::Dtmf,
            play_prompt: Some(self.source(prompt)?),
            play_prompts: None,
            interrupt_call_media_operation: Some(false),
            recognize_options: RecognizeOptions {
                interrupt_prompt: Some(true),
                initial_silence_timeout_in_seconds: Some(
                    seconds(input.silence).min(SILENCE_SECONDS_MAX),
                ),
                target_participant: identifier(input.target),
                dtmf_options: Some(DtmfOptions {
                    inter_tone_timeout_in_seconds: Some(seconds(INTER_TONE)),
                    max_tones_to_collect: Some(input.digits_max),
                    stop_tones: input.stop_on_pound.then(|| vec![Tone::Pound]),
                }),
                ..Default::default()
            },
            operation_context: Some(self.context(privacy)),
            operation_callback_uri: None,
        })
    }

    fn source(&self, prompt: PromptId) -> Option<PlaySource> {
        Some(PlaySource::file(&(self.settings.prompt_uri)(prompt)?))
    }

    fn add(&self, participant: &Participant, ring: Millis) -> AddParticipantRequest {
        AddParticipantRequest {
            participant_to_add: identifier(participant),
            invitation_timeout_in_seconds: Some(seconds(ring).clamp(1, RING_SECONDS_MAX)),
            operation_context: Some(self.context(Privacy::Plain)),
            ..Default::default()
        }
    }

    fn cancel_add(&self, invitation: &InvitationId) -> CancelAddParticipantRequest {
        CancelAddParticipantRequest {
            invitation_id: invitation.0.clone(),
            operation_context: Some(self.context(Privacy::Plain)),
            operation_callback_uri: None,
        }
    }

    fn remove(&self, participant: &Participant) -> RemoveParticipantRequest {
        RemoveParticipantRequest {
            participant_to_remove: identifier(participant),
            operation_context: Some(self.context(Privacy::Plain)),
            operation_callback_uri: None,
        }
    }

    fn start_recording(
        &self,
        connection: &ConnectionId,
        format: RecordingFormat,
        channels: RecordingChannels,
    ) -> StartRecordingRequest {
        StartRecordingRequest {
            call_connection_id: Some(connection.0.clone()),
            recording_state_callback_uri: Some(self.callback_uri()),
            recording_content_type: Some(match format {
                RecordingFormat::Wav | RecordingFormat::Mp3 => RecordingContentType::Audio,
                RecordingFormat::Mp4 => RecordingContentType::AudioVideo,
            }),
            recording_channel_type: Some(match channels {
                RecordingChannels::Mixed => RecordingChannelType::Mixed,
                RecordingChannels::Unmixed => RecordingChannelType::Unmixed,
            }),
            recording_format_type: Some(match format {
                RecordingFormat::Wav => RecordingFormatType::Wav,
                RecordingFormat::Mp3 => RecordingFormatType::Mp3,
                RecordingFormat::Mp4 => RecordingFormatType::Mp4,
            }),
            // The official SDK sends the empty list when it starts by connection.
            channel_affinity: Some(Vec::new()),
            ..Default::default()
        }
    }
}

fn reject(incoming_call_context: &str, reason: RejectReason) -> RejectCallRequest {
    RejectCallRequest {
        incoming_call_context: incoming_call_context.into(),
        call_reject_reason: Some(match reason {
            RejectReason::None => CallRejectReason::None,
            RejectReason::Busy => CallRejectReason::Busy,
            RejectReason::Forbidden => CallRejectReason::Forbidden,
        }),
    }
}

fn identifier(participant: &Participant) -> CommunicationIdentifier {
    Identity::from_raw_id(participant.raw_id()).to_request()
}

fn privacy(sensitive: bool, collection: Option<CollectionId>) -> Privacy {
    if sensitive {
        Privacy::Sensitive { collection }
    } else {
        Privacy::Plain
    }
}

fn seconds(time: Millis) -> u32 {
    u32::try_from(time.as_secs_ceil()).unwrap_or(u32::MAX)
}

fn no_prompt(prompt: PromptId) -> CoreOutcome {
    tracing::error!(
        prompt = prompt.0.0,
        "a prompt has no address: the request is not sent"
    );
    CoreOutcome::Refused {
        status: STATUS_NO_PROMPT,
        sub_code: None,
    }
}

/// What the core learns. An accepted answer that lacks what it is there for leaves the outcome unknown: the operation
/// had its effect, and an event or a look will tell the rest.
fn to_core<T>(outcome: Outcome<T>, respond: impl FnOnce(T) -> Option<Response>) -> CoreOutcome {
    match outcome {
        Outcome::Accepted(value) => {
            respond(value).map_or(CoreOutcome::Unknown, CoreOutcome::Accepted)
        }
        Outcome::Refused(refusal) => CoreOutcome::Refused {
            status: refusal.status,
            sub_code: refusal.sub_code(),
        },
        Outcome::Unknown(_) => CoreOutcome::Unknown,
        Outcome::NotSent(_) => CoreOutcome::Refused {
            status: STATUS_NOT_SENT,
            sub_code: None,
        },
    }
}

fn of_nothing(outcome: Outcome<()>) -> CoreOutcome {
    to_core(outcome, |()| Some(Response::Empty))
}

/// `asked` is the connection that was asked for, where the caller knew it.
pub(crate) fn of_connection(
    outcome: Outcome<CallConnectionProperties>,
    asked: Option<&ConnectionId>,
) -> CoreOutcome {
    to_core(outcome, |properties| {
        let gone = matches!(
            properties.call_connection_state,
            Some(CallConnectionState::Disconnecting | CallConnectionState::Disconnected)
        );
        let connection = properties
            .call_connection_id
            .map(ConnectionId)
            .or_else(|| asked.cloned())?;
        Some(Response::Connection { connection, gone })
    })
}

pub(crate) fn of_recording(outcome: Outcome<RecordingStateResponse>) -> CoreOutcome {
    to_core(outcome, |recording| {
        Some(Response::Recording {
            recording: recording.recording_id.map(RecordingId),
            active: recording.recording_state == Some(RecordingState::Active),
        })
    })
}
