//! Every call of every operation that the client offers, with the values of one story.

use cordboard_acs::client::{Client, Dispatch, Outcome};
use cordboard_acs::wire::call::{
    AnswerCallRequest, CallIntelligenceOptions, CallRejectReason, CustomCallingContext,
    RedirectCallRequest, RejectCallRequest,
};
use cordboard_acs::wire::identifier::{
    CommunicationIdentifier, CommunicationUserIdentifier, Identity, PhoneNumberIdentifier,
};
use cordboard_acs::wire::media::{
    Choice, DtmfOptions, PlayOptions, PlayRequest, PlaySource, PlaySourceKind, RecognizeInputType,
    RecognizeOptions, RecognizeRequest, SpeechOptions, SsmlSource, TextSource, Tone, VoiceKind,
};
use cordboard_acs::wire::participant::{
    AddParticipantRequest, CancelAddParticipantRequest, RemoveParticipantRequest,
};
use cordboard_acs::wire::recording::{
    CallLocator, ChannelAffinity, ExternalStorage, RecordingChannelType, RecordingContentType,
    RecordingFormatType, RecordingStorageKind, StartRecordingRequest,
};
use cordboard_acs::wire::streaming::{
    AudioFormat, MediaStreamingAudioChannelType, MediaStreamingContentType, MediaStreamingOptions,
    StartMediaStreamingRequest, StartTranscriptionRequest, StopMediaStreamingRequest,
    StopTranscriptionRequest, StreamingTransportType, TranscriptionOptions,
};

/// What the calls are about.
pub(crate) struct Story {
    pub(crate) context: &'static str,
    pub(crate) callback: &'static str,
    pub(crate) operation_callback: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) speech_service: &'static str,
    pub(crate) media_socket: &'static str,
    pub(crate) transcript_socket: &'static str,
    pub(crate) application: &'static str,
    pub(crate) agent: &'static str,
    pub(crate) teams_user: &'static str,
    pub(crate) caller: &'static str,
    pub(crate) caller_id: &'static str,
    pub(crate) display_name: &'static str,
    pub(crate) header: (&'static str, &'static str),
    pub(crate) sip_headers: [(&'static str, &'static str); 2],
    pub(crate) prompt: &'static str,
    pub(crate) prompt_cache: &'static str,
    pub(crate) text: &'static str,
    pub(crate) voice: &'static str,
    pub(crate) ssml: &'static str,
    pub(crate) locale: &'static str,
    pub(crate) speech_model: &'static str,
    pub(crate) choices: [(&'static str, &'static [&'static str]); 2],
    pub(crate) connection: &'static str,
    pub(crate) server_call: &'static str,
    pub(crate) recording: &'static str,
    pub(crate) invitation: &'static str,
    pub(crate) container: &'static str,
}

impl Story {
    /// Makes the call of this name, as another client library names it. `None` if there is no such call.
    pub(crate) async fn tell(
        &self,
        name: &str,
        client: &Client,
        dispatch: &mut Dispatch,
    ) -> Option<Outcome<()>> {
        let id = self.connection;
        Some(match name {
            "answer_call.minimal" => client.answer(&self.answer(), dispatch).await.map(|_| ()),
            "answer_call.full" => client
                .answer(&self.answer_full(), dispatch)
                .await
                .map(|_| ()),
            "redirect_call.user" => {
                client
                    .redirect(&self.redirect(user(self.agent)), dispatch)
                    .await
            }
            "redirect_call.pstn" => {
                client
                    .redirect(&self.redirect(phone(self.caller)), dispatch)
                    .await
            }
            "reject_call" => {
                client
                    .reject(&self.reject(Some(CallRejectReason::Busy)), dispatch)
                    .await
            }
            "reject_call.default" => client.reject(&self.reject(None), dispatch).await,
            "get_call_properties" => client.get_call(id, dispatch).await.map(|_| ()),
            "list_participants(paged)" => client.list_participants(id, dispatch).await.map(|_| ()),
            "get_participant.pstn" => client
                .get_participant(id, &format!("4:{}", self.caller), dispatch)
                .await
                .map(|_| ()),
            "get_participant.user" => client
                .get_participant(id, self.agent, dispatch)
                .await
                .map(|_| ()),
            "add_participant.pstn" => client
                .add_participant(id, &self.add_phone(), dispatch)
                .await
                .map(|_| ()),
            "add_participant.user" => client
                .add_participant(id, &add(user(self.agent)), dispatch)
                .await
                .map(|_| ()),
            "add_participant.teams_user" => client
                .add_participant(id, &add(user(self.teams_user)), dispatch)
                .await
                .map(|_| ()),
            "remove_participant" => client
                .remove_participant(id, &self.remove(), dispatch)
                .await
                .map(|_| ()),
            "cancel_add_participant" => client
                .cancel_add_participant(id, &self.cancel_add(), dispatch)
                .await
                .map(|_| ()),
            "play_media.file.to" => client.play(id, &self.play_file(), dispatch).await,
            "play_media.text.all" => client.play(id, &self.play_text(), dispatch).await,
            "play_media_to_all.ssml.interrupt" => {
                client.play(id, &self.play_ssml(), dispatch).await
            }
            "recognize.dtmf" => client.recognize(id, &self.recognize_dtmf(), dispatch).await,
            "recognize.dtmf.minimal" => {
                client
                    .recognize(id, &self.recognize_dtmf_minimal(), dispatch)
                    .await
            }
            "recognize.choices" => {
                client
                    .recognize(id, &self.recognize_choices(), dispatch)
                    .await
            }
            "recognize.speech" => {
                client
                    .recognize(id, &self.recognize_speech(), dispatch)
                    .await
            }
            "recognize.speech_or_dtmf" => {
                client
                    .recognize(id, &self.recognize_speech_or_dtmf(), dispatch)
                    .await
            }
            "cancel_all_media" => client.cancel_all_media(id, dispatch).await,
            "start_transcription" => {
                client
                    .start_transcription(id, &self.start_transcription(), dispatch)
                    .await
            }
            "stop_transcription" => {
                client
                    .stop_transcription(id, &self.stop_transcription(), dispatch)
                    .await
            }
            "start_media_streaming" => {
                client
                    .start_media_streaming(id, &self.start_media_streaming(), dispatch)
                    .await
            }
            "stop_media_streaming" => {
                client
                    .stop_media_streaming(id, &self.stop_media_streaming(), dispatch)
                    .await
            }
            "start_recording.server" => client
                .start_recording(&self.record_server(), dispatch)
                .await
                .map(|_| ()),
            "start_recording.callconn.byos" => client
                .start_recording(&self.record_connection(), dispatch)
                .await
                .map(|_| ()),
            "get_recording_properties" => client
                .get_recording(self.recording, dispatch)
                .await
                .map(|_| ()),
            "pause_recording" => client.pause_recording(self.recording, dispatch).await,
            "resume_recording" => client.resume_recording(self.recording, dispatch).await,
            "stop_recording" => client.stop_recording(self.recording, dispatch).await,
            "hang_up.self" => client.hang_up(id, dispatch).await,
            "hang_up.everyone" => client.terminate(id, dispatch).await,
            _ => return None,
        })
    }

    fn answer(&self) -> AnswerCallRequest {
        AnswerCallRequest {
            incoming_call_context: self.context.into(),
            callback_uri: self.callback.to_owned(),
            answered_by: Some(CommunicationUserIdentifier {
                id: self.application.to_owned(),
            }),
            ..Default::default()
        }
    }

    fn answer_full(&self) -> AnswerCallRequest {
        AnswerCallRequest {
            operation_context: self.operation(),
            call_intelligence_options: Some(CallIntelligenceOptions {
                cognitive_services_endpoint: Some(self.speech_service.to_owned()),
            }),
            media_streaming_options: Some(MediaStreamingOptions {
                transport_type: StreamingTransportType::Websocket,
                audio_channel_type: MediaStreamingAudioChannelType::Mixed,
                transport_url: Some(self.media_socket.to_owned()),
                content_type: Some(MediaStreamingContentType::Audio),
                start_media_streaming: Some(true),
                enable_bidirectional: Some(true),
                audio_format: Some(AudioFormat::Pcm16KMono),
                enable_dtmf_tones: Some(true),
            }),
            transcription_options: Some(TranscriptionOptions {
                transport_type: StreamingTransportType::Websocket,
                locale: self.locale.to_owned(),
                transport_url: Some(self.transcript_socket.to_owned()),
                speech_model_endpoint_id: None,
                start_transcription: Some(true),
                enable_intermediate_results: Some(true),
            }),
            ..self.answer()
        }
    }

    fn redirect(&self, target: CommunicationIdentifier) -> RedirectCallRequest {
        RedirectCallRequest {
            incoming_call_context: self.context.into(),
            target,
        }
    }

    fn reject(&self, call_reject_reason: Option<CallRejectReason>) -> RejectCallRequest {
        RejectCallRequest {
            incoming_call_context: self.context.into(),
            call_reject_reason,
        }
    }

    fn add_phone(&self) -> AddParticipantRequest {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        AddParticipantRequest {
            source_caller_id_number: Some(PhoneNumberIdentifier::new(self.caller_id)),
            source_display_name: Some(self.display_name.to_owned()),
            invitation_timeout_in_seconds: Some(30),
            operation_context: self.operation(),
            operation_callback_uri: self.operation_callback(),
            custom_calling_context: Some(CustomCallingContext {
                voip_headers: Some([pair(self.header)].into()),
                sip_headers: Some(self.sip_headers.map(pair).into()),
            }),
            ..add(phone(self.caller))
        }
    }

    fn remove(&self) -> RemoveParticipantRequest {
        RemoveParticipantRequest {
            participant_to_remove: user(self.agent),
            operation_context: self.operation(),
            operation_callback_uri: self.operation_callback(),
        }
    }

    fn cancel_add(&self) -> CancelAddParticipantRequest {
        CancelAddParticipantRequest {
            invitation_id: self.invitation.to_owned(),
            operation_context: self.operation(),
            operation_callback_uri: self.operation_callback(),
        }
    }

    fn play_file(&self) -> PlayRequest {
        PlayRequest {
            play_to: vec![phone(self.caller)],
            operation_context: self.operation(),
            operation_callback_uri: self.operation_callback(),
            ..play(vec![self.file_source()], false)
        }
    }

    fn play_text(&self) -> PlayRequest {
        play(vec![self.text_source()], false)
    }

    fn play_ssml(&self) -> PlayRequest {
        let ssml = PlaySource {
            kind: PlaySourceKind::Ssml,
            play_source_cache_id: None,
            file: None,
            text: None,
            ssml: Some(SsmlSource {
                ssml_text: self.ssml.to_owned(),
                custom_voice_endpoint_id: None,
            }),
        };
        PlayRequest {
            operation_context: self.operation(),
            play_options: Some(PlayOptions { repeat: true }),
            ..play(vec![ssml, self.file_source()], true)
        }
    }

    fn recognize_dtmf(&self) -> RecognizeRequest {
        RecognizeRequest {
            play_prompt: Some(self.file_source()),
            interrupt_call_media_operation: Some(true),
            recognize_options: RecognizeOptions {
                interrupt_prompt: Some(true),
                initial_silence_timeout_in_seconds: Some(5),
                dtmf_options: Some(DtmfOptions {
                    inter_tone_timeout_in_seconds: Some(3),
                    max_tones_to_collect: Some(4),
                    stop_tones: Some(vec![Tone::Pound]),
                }),
                ..self.listen()
            },
            operation_context: self.operation(),
            operation_callback_uri: self.operation_callback(),
            ..self.recognize(RecognizeInputType::Dtmf)
        }
    }

    fn recognize_dtmf_minimal(&self) -> RecognizeRequest {
        RecognizeRequest {
            recognize_options: RecognizeOptions {
                dtmf_options: collect(1),
                ..self.listen()
            },
            ..self.recognize(RecognizeInputType::Dtmf)
        }
    }

    fn recognize_choices(&self) -> RecognizeRequest {
        let choice = |(label, phrases): (&str, &[&str]), tone| Choice {
            label: label.to_owned(),
            phrases: phrases.iter().map(|phrase| (*phrase).to_owned()).collect(),
            tone: Some(tone),
        };
        let [first, second] = self.choices;
        RecognizeRequest {
            play_prompt: Some(self.text_source()),
            recognize_options: RecognizeOptions {
                speech_language: Some(self.locale.to_owned()),
                choices: Some(vec![choice(first, Tone::One), choice(second, Tone::Two)]),
                ..self.listen()
            },
            operation_context: self.operation(),
            ..self.recognize(RecognizeInputType::Choices)
        }
    }

    fn recognize_speech(&self) -> RecognizeRequest {
        RecognizeRequest {
            play_prompt: Some(self.text_source()),
            recognize_options: RecognizeOptions {
                speech_language: Some(self.locale.to_owned()),
                speech_recognition_model_endpoint_id: Some(self.speech_model.to_owned()),
                speech_options: end_of_speech(),
                ..self.listen()
            },
            ..self.recognize(RecognizeInputType::Speech)
        }
    }

    fn recognize_speech_or_dtmf(&self) -> RecognizeRequest {
        RecognizeRequest {
            play_prompts: Some(vec![self.text_source(), self.file_source()]),
            recognize_options: RecognizeOptions {
                dtmf_options: collect(2),
                speech_options: end_of_speech(),
                ..self.listen()
            },
            ..self.recognize(RecognizeInputType::SpeechOrDtmf)
        }
    }

    fn recognize(&self, recognize_input_type: RecognizeInputType) -> RecognizeRequest {
        RecognizeRequest {
            recognize_input_type,
            play_prompt: None,
            play_prompts: None,
            interrupt_call_media_operation: Some(false),
            recognize_options: RecognizeOptions::default(),
            operation_context: None,
            operation_callback_uri: None,
        }
    }

    fn listen(&self) -> RecognizeOptions {
        RecognizeOptions {
            interrupt_prompt: Some(false),
            target_participant: phone(self.caller),
            ..Default::default()
        }
    }

    fn start_transcription(&self) -> StartTranscriptionRequest {
        StartTranscriptionRequest {
            locale: Some(self.locale.to_owned()),
            speech_model_endpoint_id: None,
            operation_context: self.operation(),
            operation_callback_uri: self.operation_callback(),
        }
    }

    fn stop_transcription(&self) -> StopTranscriptionRequest {
        StopTranscriptionRequest {
            operation_context: self.operation(),
            operation_callback_uri: None,
        }
    }

    fn start_media_streaming(&self) -> StartMediaStreamingRequest {
        StartMediaStreamingRequest {
            operation_context: self.operation(),
            operation_callback_uri: self.operation_callback(),
        }
    }

    fn stop_media_streaming(&self) -> StopMediaStreamingRequest {
        StopMediaStreamingRequest {
            operation_context: self.operation(),
            operation_callback_uri: None,
        }
    }

    fn record_server(&self) -> StartRecordingRequest {
        StartRecordingRequest {
            call_locator: Some(CallLocator::server_call(self.server_call)),
            recording_state_callback_uri: self.operation_callback(),
            recording_content_type: Some(RecordingContentType::Audio),
            recording_channel_type: Some(RecordingChannelType::Unmixed),
            recording_format_type: Some(RecordingFormatType::Wav),
            audio_channel_participant_ordering: Some(vec![user(self.agent)]),
            channel_affinity: Some(vec![ChannelAffinity {
                channel: Some(0),
                participant: user(self.agent),
            }]),
            pause_on_start: Some(false),
            ..Default::default()
        }
    }

    fn record_connection(&self) -> StartRecordingRequest {
        StartRecordingRequest {
            call_connection_id: Some(self.connection.to_owned()),
            channel_affinity: Some(Vec::new()),
            external_storage: Some(ExternalStorage {
                recording_storage_kind: RecordingStorageKind::AzureBlobStorage,
                recording_destination_container_url: Some(self.container.to_owned()),
            }),
            ..Default::default()
        }
    }

    fn file_source(&self) -> PlaySource {
        PlaySource {
            play_source_cache_id: Some(self.prompt_cache.to_owned()),
            ..PlaySource::file(self.prompt)
        }
    }

    fn text_source(&self) -> PlaySource {
        PlaySource {
            kind: PlaySourceKind::Text,
            play_source_cache_id: None,
            file: None,
            text: Some(TextSource {
                text: self.text.to_owned(),
                source_locale: Some(self.locale.to_owned()),
                voice_kind: Some(VoiceKind::Female),
                voice_name: Some(self.voice.to_owned()),
                custom_voice_endpoint_id: None,
            }),
            ssml: None,
        }
    }

    fn operation(&self) -> Option<String> {
        Some(self.operation.to_owned())
    }

    fn operation_callback(&self) -> Option<String> {
        Some(self.operation_callback.to_owned())
    }
}

fn add(participant_to_add: CommunicationIdentifier) -> AddParticipantRequest {
    AddParticipantRequest {
        participant_to_add,
        ..Default::default()
    }
}

fn play(play_sources: Vec<PlaySource>, interrupt: bool) -> PlayRequest {
    PlayRequest {
        play_sources,
        interrupt_call_media_operation: Some(interrupt),
        play_options: Some(PlayOptions { repeat: false }),
        ..Default::default()
    }
}

fn collect(tones: u32) -> Option<DtmfOptions> {
    Some(DtmfOptions {
        max_tones_to_collect: Some(tones),
        ..Default::default()
    })
}

fn end_of_speech() -> Option<SpeechOptions> {
    Some(SpeechOptions {
        end_silence_timeout_in_ms: Some(2_000),
    })
}

fn user(raw_id: &str) -> CommunicationIdentifier {
    Identity::from_raw_id(raw_id).to_request()
}

fn phone(number: &str) -> CommunicationIdentifier {
    CommunicationIdentifier::phone(number)
}
