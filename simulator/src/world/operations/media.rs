//! Playing, recognising, cancelling; transcription and media streaming.

use cordboard_acs::wire::{
    identifier::CommunicationIdentifier,
    media::{PlayRequest, PlaySource, PlaySourceKind, RecognizeInputType, RecognizeRequest},
};

use serde::Deserialize;

use super::{ApiReply, Served};
use crate::{
    script::RawId,
    world::{
        CallId, World,
        invitation::Reply,
        media::{Op, OpKind, Recognize, Refusal, Source, Stage},
        recording::CaptureKind,
    },
};

/// What the four requests to start and stop transcription and media streaming have in common. The locale of a transcription
/// changes nothing here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CaptureRequest {
    operation_context: Option<String>,
    operation_callback_uri: Option<String>,
}

/// How fast text is spoken: 17 characters a second.
const MS_PER_CHARACTER: u64 = 60;
/// SPEC(OpenAPI 2026-03-12): range of `initialSilenceTimeoutInSeconds`.
const INITIAL_SILENCE_S_MAX: u32 = 300;
/// SPEC(OpenAPI 2026-03-12): range of `interToneTimeoutInSeconds`.
const INTER_TONE_S: std::ops::RangeInclusive<u32> = 1..=60;
/// SPEC(OpenAPI 2026-03-12): most characters of a text source.
const TEXT_CHARACTERS_MAX: usize = 4_000;

impl World {
    pub(super) fn serve_play(&mut self, id: &str, body: PlayRequest) -> Served {
        let call_id = self.live_call(id)?;
        self.check_callback(body.operation_callback_uri.as_deref())?;
        if body.play_sources.is_empty() {
            return Err(ApiReply::invalid("PlaySources must not be empty."));
        }
        let op = Op {
            kind: OpKind::Play,
            to: (!body.play_to.is_empty()).then(|| body.play_to.iter().map(raw_id).collect()),
            sources: self.sources(&call_id, &body.play_sources)?,
            repeats: body.play_options.is_some_and(|options| options.repeat),
            stage: Stage::Queued,
            generation: 0,
            reply: Reply {
                operation_context: body.operation_context,
                callback_uri: body.operation_callback_uri,
            },
        };
        self.begin(&call_id, op, body.interrupt_call_media_operation)
    }

    pub(super) fn serve_recognize(&mut self, id: &str, body: RecognizeRequest) -> Served {
        let call_id = self.live_call(id)?;
        self.check_callback(body.operation_callback_uri.as_deref())?;
        let options = body.recognize_options;
        let dtmf = options.dtmf_options.unwrap_or_default();
        let choices = options.choices.unwrap_or_default();
        match body.recognize_input_type {
            RecognizeInputType::Choices if choices.is_empty() => {
                return Err(ApiReply::invalid("Choices must not be empty."));
            }
            RecognizeInputType::Dtmf
            | RecognizeInputType::SpeechOrDtmf
            | RecognizeInputType::Choices => {}
            RecognizeInputType::Speech => {
                return Err(ApiReply::error(
                    405,
                    "8520",
                    "The simulator does not hear speech.",
                ));
            }
            RecognizeInputType::Other(_) => {
                return Err(ApiReply::invalid("RecognizeInputType is invalid."));
            }
        }
        let initial_silence_s = options.initial_silence_timeout_in_seconds;
        if initial_silence_s.is_some_and(|seconds| seconds > INITIAL_SILENCE_S_MAX) {
            return Err(ApiReply::invalid(
                "InitialSilenceTimeoutInSeconds must be between 0 and 300.",
            ));
        }
        let inter_tone_s = dtmf.inter_tone_timeout_in_seconds;
        if inter_tone_s.is_some_and(|seconds| !INTER_TONE_S.contains(&seconds)) {
            return Err(ApiReply::invalid(
                "InterToneTimeoutInSeconds must be between 1 and 60.",
            ));
        }
        if dtmf.max_tones_to_collect == Some(0) {
            return Err(ApiReply::invalid("MaxTonesToCollect must be at least 1."));
        }
        let prompts = body
            .play_prompts
            .unwrap_or_else(|| body.play_prompt.into_iter().collect());
        let in_ms = |seconds: Option<u32>, otherwise_ms: u64| {
            seconds.map_or(otherwise_ms, |s| u64::from(s) * 1_000)
        };
        let recognize = Recognize {
            target: raw_id(&options.target_participant),
            interrupt_prompt: options.interrupt_prompt.unwrap_or_default(),
            initial_silence_ms: in_ms(initial_silence_s, self.behaviour.initial_silence_ms),
            inter_tone_ms: in_ms(inter_tone_s, self.behaviour.inter_tone_ms),
            tones_max: dtmf
                .max_tones_to_collect
                .and_then(|most| usize::try_from(most).ok()),
            stop_tones: dtmf.stop_tones.unwrap_or_default(),
            choices,
            tones: Vec::new(),
            plan: None,
        };
        let op = Op {
            kind: OpKind::Recognize(recognize),
            to: None,
            sources: self.sources(&call_id, &prompts)?,
            repeats: false,
            stage: Stage::Queued,
            generation: 0,
            reply: Reply {
                operation_context: body.operation_context,
                callback_uri: body.operation_callback_uri,
            },
        };
        self.begin(&call_id, op, body.interrupt_call_media_operation)
    }

    pub(super) fn serve_cancel_all_media(&mut self, id: &str) -> Served {
        let call_id = self.live_call(id)?;
        self.cancel_all(&call_id);
        Ok(ApiReply::empty(202))
    }

    pub(super) fn serve_set_capture(
        &mut self,
        id: &str,
        kind: CaptureKind,
        run: bool,
        body: CaptureRequest,
    ) -> Served {
        let call_id = self.live_call(id)?;
        self.check_callback(body.operation_callback_uri.as_deref())?;
        let reply = Reply {
            operation_context: body.operation_context,
            callback_uri: body.operation_callback_uri,
        };
        self.set_capture(&call_id, kind, run, reply);
        Ok(ApiReply::empty(202))
    }

    fn begin(&mut self, call_id: &CallId, op: Op, interrupt: Option<bool>) -> Served {
        match self.begin_operation(call_id, op, interrupt.unwrap_or_default()) {
            Ok(()) => Ok(ApiReply::empty(202)),
            Err(Refusal::Busy) => Err(ApiReply::error(
                412,
                "8583",
                "Another media operation is at work on this participant.",
            )),
            Err(Refusal::NotPresent) => Err(ApiReply::error(
                400,
                "8558",
                "The participant is not in the call.",
            )),
        }
    }

    fn sources(&self, call_id: &CallId, sources: &[PlaySource]) -> Result<Vec<Source>, ApiReply> {
        let speech = self.calls.get(call_id).is_some_and(|call| call.speech);
        sources
            .iter()
            .map(|source| source_of(source, speech))
            .collect()
    }
}

fn source_of(source: &PlaySource, speech: bool) -> Result<Source, ApiReply> {
    let text = match (&source.kind, &source.file, &source.text, &source.ssml) {
        (PlaySourceKind::File, Some(file), _, _) => {
            let key = source
                .play_source_cache_id
                .clone()
                .filter(|id| !id.is_empty());
            return Ok(Source::File {
                key: key.unwrap_or_else(|| file.uri.clone()),
                uri: file.uri.clone(),
                duration_ms: None,
            });
        }
        (PlaySourceKind::Text, _, Some(text), _) => &text.text,
        (PlaySourceKind::Ssml, _, _, Some(ssml)) => &ssml.ssml_text,
        _ => {
            return Err(ApiReply::invalid(
                "A play source does not have what its kind says.",
            ));
        }
    };
    if !speech {
        // SPEC(Call Automation, result codes): 8567, no speech service was named at the answer.
        return Err(ApiReply::error(
            400,
            "8567",
            "CognitiveServicesEndpoint was not given when the call was answered.",
        ));
    }
    match text.chars().count() {
        0 => Err(ApiReply::error(400, "8582", "The text to speak is empty.")),
        characters if characters > TEXT_CHARACTERS_MAX => {
            Err(ApiReply::invalid("The text to speak is too long."))
        }
        characters => Ok(Source::Speech {
            duration_ms: u64::try_from(characters).unwrap_or_default() * MS_PER_CHARACTER,
        }),
    }
}

pub(super) fn raw_id(identifier: &CommunicationIdentifier) -> RawId {
    RawId::new(&identifier.resolve().raw_id())
}
