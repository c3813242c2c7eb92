//! Playing prompts and collecting input.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::identifier::CommunicationIdentifier;
use super::open_enum::open_enum;

/// Body of `POST /calling/callConnections/{id}:play`; answered by 202, ended by PlayCompleted, PlayFailed or
/// PlayCanceled. Not repeatable: sent twice, it plays twice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlayRequest {
    /// What to play, in order.
    pub play_sources: Vec<PlaySource>,
    /// Who hears it; empty means everyone.
    #[serde(default)]
    pub play_to: Vec<CommunicationIdentifier>,
    /// True breaks off what is playing; false queues behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupt_call_media_operation: Option<bool>,
    /// Further options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub play_options: Option<PlayOptions>,
    /// Comes back in the events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
    /// Where the events of this operation go instead of the call's callback address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_callback_uri: Option<String>,
}

/// Options of [`PlayRequest`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayOptions {
    /// True plays until cancelled.
    #[serde(rename = "loop")]
    pub repeat: bool,
}

open_enum! {
    /// Which member of a [`PlaySource`] is filled.
    pub enum PlaySourceKind {
        /// An audio file.
        File = "file",
        /// Text to speak.
        Text = "text",
        /// Marked-up text to speak.
        Ssml = "ssml",
    }
}

/// Something to play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaySource {
    /// Which member below is filled.
    pub kind: PlaySourceKind,
    /// Lets the service reuse what it has downloaded or spoken before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub play_source_cache_id: Option<String>,
    /// An audio file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileSource>,
    /// Text to speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextSource>,
    /// Marked-up text to speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssml: Option<SsmlSource>,
}

impl PlaySource {
    /// An audio file (WAV, mono, 16 bit, 16 kHz) that the service downloads.
    #[must_use]
    pub fn file(uri: &str) -> Self {
        Self {
            kind: PlaySourceKind::File,
            play_source_cache_id: None,
            file: Some(FileSource {
                uri: uri.to_owned(),
            }),
            text: None,
            ssml: None,
        }
    }
}

/// An audio file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSource {
    /// Where the service downloads it.
    pub uri: String,
}

/// Text to speak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextSource {
    /// The text.
    pub text: String,
    /// Its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_locale: Option<String>,
    /// The kind of voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice_kind: Option<VoiceKind>,
    /// The voice by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice_name: Option<String>,
    /// A custom voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_voice_endpoint_id: Option<String>,
}

open_enum! {
    /// The kind of a synthetic voice.
    pub enum VoiceKind {
        /// Male.
        Male = "male",
        /// Female.
        Female = "female",
    }
}

/// Marked-up text to speak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SsmlSource {
    /// The SSML document.
    pub ssml_text: String,
    /// A custom voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_voice_endpoint_id: Option<String>,
}

/// Body of `POST /calling/callConnections/{id}:recognize`; answered by 202, ended by RecognizeCompleted,
/// RecognizeFailed or RecognizeCanceled. Not repeatable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecognizeRequest {
    /// What counts as input.
    pub recognize_input_type: RecognizeInputType,
    /// A prompt played first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub play_prompt: Option<PlaySource>,
    /// Several prompts played first; the newer plural of `play_prompt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub play_prompts: Option<Vec<PlaySource>>,
    /// True breaks off what is playing; false queues behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupt_call_media_operation: Option<bool>,
    /// How to recognise.
    pub recognize_options: RecognizeOptions,
    /// Comes back in the events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_context: Option<String>,
    /// Where the events of this operation go instead of the call's callback address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_callback_uri: Option<String>,
}

open_enum! {
    /// What counts as input to recognise.
    pub enum RecognizeInputType {
        /// Tones.
        Dtmf = "dtmf",
        /// Speech.
        Speech = "speech",
        /// Speech or tones.
        SpeechOrDtmf = "speechOrDtmf",
        /// One of a list of choices.
        Choices = "choices",
    }
}

/// How to recognise input.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecognizeOptions {
    /// True lets input break off the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupt_prompt: Option<bool>,
    /// Seconds to wait for the first input, 0 to 300.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_silence_timeout_in_seconds: Option<u32>,
    /// Who is listened to.
    pub target_participant: CommunicationIdentifier,
    /// Language of the speech.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech_language: Option<String>,
    /// A custom speech model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech_recognition_model_endpoint_id: Option<String>,
    /// How tones are collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dtmf_options: Option<DtmfOptions>,
    /// The choices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<Choice>>,
    /// How speech is collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech_options: Option<SpeechOptions>,
}

/// How tones are collected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DtmfOptions {
    /// Seconds between two tones, 1 to 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inter_tone_timeout_in_seconds: Option<u32>,
    /// After how many tones collecting ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tones_to_collect: Option<u32>,
    /// Tones that end collecting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_tones: Option<Vec<Tone>>,
}

/// One choice of a recognition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Names the choice in the result.
    pub label: String,
    /// What the caller may say.
    pub phrases: Vec<String>,
    /// What the caller may press.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<Tone>,
}

/// How speech is collected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpeechOptions {
    /// Milliseconds of silence that end the speech.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_silence_timeout_in_ms: Option<i64>,
}

open_enum! {
    /// A telephone key.
    pub enum Tone {
        /// 0.
        Zero = "zero",
        /// 1.
        One = "one",
        /// 2.
        Two = "two",
        /// 3.
        Three = "three",
        /// 4.
        Four = "four",
        /// 5.
        Five = "five",
        /// 6.
        Six = "six",
        /// 7.
        Seven = "seven",
        /// 8.
        Eight = "eight",
        /// 9.
        Nine = "nine",
        /// A.
        A = "a",
        /// B.
        B = "b",
        /// C.
        C = "c",
        /// D.
        D = "d",
        /// #.
        Pound = "pound",
        /// *.
        Asterisk = "asterisk",
    }
}

impl Tone {
    /// The key as it is printed on a telephone, if the tone is a known one.
    #[must_use]
    pub fn key(&self) -> Option<char> {
        Some(match self {
            Self::Zero => '0',
            Self::One => '1',
            Self::Two => '2',
            Self::Three => '3',
            Self::Four => '4',
            Self::Five => '5',
            Self::Six => '6',
            Self::Seven => '7',
            Self::Eight => '8',
            Self::Nine => '9',
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
            Self::D => 'D',
            Self::Pound => '#',
            Self::Asterisk => '*',
            Self::Other(_) => return None,
        })
    }

    /// The tone of a key as it is printed on a telephone; letters in either case.
    #[must_use]
    pub fn from_key(key: char) -> Option<Self> {
        let key = key.to_ascii_uppercase();
        Self::KNOWN
            .iter()
            .find(|tone| tone.key() == Some(key))
            .cloned()
    }
}

open_enum! {
    /// How input was recognised.
    pub enum RecognitionType {
        /// As tones.
        Dtmf = "dtmf",
        /// As speech.
        Speech = "speech",
        /// As a choice.
        Choices = "choices",
    }
}

/// Tones that were collected. `Debug` shows their number only: they may be a card number.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DtmfResult {
    /// The tones in order.
    #[serde(default)]
    pub tones: Vec<Tone>,
}

impl fmt::Debug for DtmfResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DtmfResult({} tones)", self.tones.len())
    }
}

/// The choice that was recognised. `Debug` shows the label only.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChoiceResult {
    /// The label of the choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What the caller said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recognized_phrase: Option<String>,
    /// Certainty from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

impl fmt::Debug for ChoiceResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ChoiceResult({})",
            self.label.as_deref().unwrap_or_default()
        )
    }
}

/// The speech that was recognised. `Debug` shows its length only.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SpeechResult {
    /// What the caller said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech: Option<String>,
    /// Certainty from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

impl fmt::Debug for SpeechResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SpeechResult({} bytes)",
            self.speech.as_deref().unwrap_or_default().len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_tone() {
        for key in "0123456789ABCD#*".chars() {
            assert_eq!(Tone::from_key(key).and_then(|tone| tone.key()), Some(key));
        }
        assert_eq!(Tone::from_key('x'), None);
        assert_eq!(Tone::from_key('a'), Some(Tone::A));
    }

    #[test]
    fn results_do_not_print_what_the_caller_entered() {
        let dtmf = DtmfResult {
            tones: vec![Tone::Four, Tone::Two],
        };
        let speech = SpeechResult {
            speech: Some("four two".to_owned()),
            confidence: None,
        };
        let choice = ChoiceResult {
            label: Some("pay".to_owned()),
            recognized_phrase: Some("four".to_owned()),
            confidence: None,
        };
        let text = format!("{dtmf:?} {speech:?} {choice:?}").to_lowercase();
        assert!(!text.contains("four"), "{text}");
    }
}
