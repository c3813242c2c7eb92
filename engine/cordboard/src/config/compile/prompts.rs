//! Prompts, menus, collections and media: what callers hear and type.

use super::{Checker, hexadecimal};
use crate::config::problem::Path;
use crate::config::v1::{ConfigText, Prompts};
use cordboard_core::config::{
    Collection, MediaOptions, Prompt, StreamingOptions, TranscriptionOptions,
};
use cordboard_core::ids::{CollectionId, Millis, PromptId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

/// Samples per second of a prompt.
pub const AUDIO_RATE: u32 = 16_000;

/// Largest prompt, in bytes: ten minutes.
pub const PROMPT_BYTES_MAX: usize = 20 * 1_024 * 1_024;

/// Hexadecimal digits of the content's digest in a prompt's path.
const PATH_DIGEST_CHARS: usize = 16;

/// Prompts by id, and bytes by served path.
pub(super) type Audio = (BTreeMap<PromptId, Prompt>, BTreeMap<String, Arc<[u8]>>);

impl Checker<'_> {
    pub(super) fn prompts(&mut self, prompts: &Prompts) -> Audio {
        let mut by_id = BTreeMap::new();
        let mut by_path = BTreeMap::new();
        for (name, file) in &prompts.files {
            let path = Path::root().key("prompts").key("files").key(name);
            if file.starts_with('/') || file.split(['/', '\\']).any(|part| part == "..") {
                self.refuse(
                    &path,
                    format!("`{file}` leaves the folder; name a file inside it"),
                );
                continue;
            }
            let full = format!("{}/{file}", prompts.directory.trim_end_matches('/'));
            let bytes = match self.source.read(&full) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.refuse(&path, format!("cannot read `{full}`: {error}"));
                    continue;
                }
            };
            match length(&bytes) {
                Ok(length) => {
                    let digest = hexadecimal(&Sha256::digest(&bytes));
                    let digest = digest.get(..PATH_DIGEST_CHARS).unwrap_or_default();
                    let served = format!("{digest}/{file}");
                    let id = PromptId(self.symbols.intern(name));
                    by_path.insert(served.clone(), Arc::from(bytes));
                    by_id.insert(
                        id,
                        Prompt {
                            path: served,
                            length,
                        },
                    );
                }
                Err(wrong) => self.refuse(&path, format!("`{full}` {wrong}")),
            }
        }
        (by_id, by_path)
    }

    /// The prompt that asks to press 1; needed where an agent has a phone number.
    pub(super) fn confirm_prompt(&mut self, text: &ConfigText) -> PromptId {
        let path = Path::root().key("prompts").key("confirm");
        match &text.prompts.confirm {
            Some(name) => self.prompt(name, &path),
            None => {
                let has_phone = text
                    .agents
                    .values()
                    .flat_map(|agent| &agent.endpoints)
                    .any(|endpoint| endpoint.number.is_some());
                if has_phone && self.names.has_acs && !self.names.lost("prompts") {
                    self.refuse(
                        &path,
                        "is missing, but agents have phone numbers; name the prompt that asks to press 1",
                    );
                }
                self.no_prompt()
            }
        }
    }

    /// Stands where a prompt is not needed, because the engine does not handle the media.
    pub(super) fn no_prompt(&mut self) -> PromptId {
        PromptId(self.symbols.intern("(no prompt)"))
    }

    pub(super) fn collections(&mut self, text: &ConfigText) -> BTreeMap<CollectionId, Collection> {
        let mut collections = BTreeMap::new();
        for (name, collection) in &text.collections {
            let path = Path::root().key("collections").key(name);
            let compiled = Collection {
                prompt: self.prompt(&collection.prompt, &path.key("prompt")),
                digits_max: collection.digits_max,
                silence: Millis::from_secs(collection.silence_seconds),
                sensitive: collection.sensitive,
            };
            collections.insert(CollectionId(self.symbols.intern(name)), compiled);
        }
        collections
    }

    pub(super) fn media(&mut self, text: &ConfigText) -> MediaOptions {
        let path = Path::root().key("media");
        let media = &text.media;
        for (part, url) in [
            (
                "transcription",
                media.transcription.as_ref().map(|part| &part.transport_url),
            ),
            (
                "streaming",
                media.streaming.as_ref().map(|part| &part.transport_url),
            ),
        ] {
            let Some(url) = url else { continue };
            if !(url.starts_with("wss://") || text.dev && url.starts_with("ws://")) {
                self.refuse(
                    &path.key(part).key("transport_url"),
                    format!("`{url}` is no secure WebSocket; begin it with `wss://`"),
                );
            }
        }
        if media.transcription.is_some() && media.cognitive_services_endpoint.is_none() {
            self.refuse(
                &path,
                "transcription needs `cognitive_services_endpoint`; add it",
            );
        }
        MediaOptions {
            transcription: media
                .transcription
                .as_ref()
                .map(|part| TranscriptionOptions {
                    transport_url: part.transport_url.clone(),
                    locale: part.locale.clone(),
                }),
            streaming: media.streaming.as_ref().map(|part| StreamingOptions {
                transport_url: part.transport_url.clone(),
            }),
            cognitive_services_endpoint: media.cognitive_services_endpoint.clone(),
        }
    }
}

/// Checks the form of a WAV file and returns how long it plays.
fn length(bytes: &[u8]) -> Result<Millis, String> {
    if bytes.len() > PROMPT_BYTES_MAX {
        return Err(format!(
            "is larger than {PROMPT_BYTES_MAX} bytes; shorten it"
        ));
    }
    let reader = hound::WavReader::new(Cursor::new(bytes)).map_err(|error| {
        format!("is not a WAV file ({error}); convert it to WAV, mono, 16 bit, 16 kHz")
    })?;
    let spec = reader.spec();
    let is_right = spec.channels == 1
        && spec.bits_per_sample == 16
        && spec.sample_rate == AUDIO_RATE
        && spec.sample_format == hound::SampleFormat::Int;
    if !is_right {
        return Err(format!(
            "has {} channel(s), {} bit, {} Hz; convert it to mono, 16 bit, 16 kHz",
            spec.channels, spec.bits_per_sample, spec.sample_rate
        ));
    }
    let samples = reader
        .into_samples::<i16>()
        .try_fold(0_u64, |count, sample| sample.map(|_| count + 1))
        .map_err(|_| "ends before its header says; write the file again".to_owned())?;
    if samples == 0 {
        return Err("holds no sound; record it again".to_owned());
    }
    Ok(Millis((samples * 1_000).div_ceil(u64::from(AUDIO_RATE))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(channels: u16, rate: u32, samples: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for _ in 0..samples {
            writer.write_sample(1_i16).unwrap();
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn the_length_is_counted_in_samples() {
        assert_eq!(length(&wav(1, 16_000, 8_000)), Ok(Millis(500)));
        assert_eq!(length(&wav(1, 16_000, 1)), Ok(Millis(1)));
    }

    #[test]
    fn other_forms_are_refused_with_what_they_are() {
        assert!(
            length(&wav(2, 16_000, 8))
                .unwrap_err()
                .contains("2 channel")
        );
        assert!(length(&wav(1, 8_000, 8)).unwrap_err().contains("8000 Hz"));
        assert!(length(&wav(1, 16_000, 0)).unwrap_err().contains("no sound"));
        assert!(length(b"ID3 mp3").unwrap_err().contains("not a WAV file"));
    }

    #[test]
    fn a_cut_file_is_noticed() {
        let mut bytes = wav(1, 16_000, 1_000);
        bytes.truncate(1_000);
        assert!(length(&bytes).is_err());
    }
}
