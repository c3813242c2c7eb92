//! The contact centre of the simulation: its configuration, with sounds and plugins that exist in memory alone.

use anyhow::anyhow;
use cordboard::config::{Compiled, Memory, compile};
use cordboard_core::Config;
use cordboard_core::ids::PromptId;
use std::sync::Arc;

const TEXT: &str = include_str!("../centre.json");

/// Of the music, in milliseconds.
const MUSIC_MS: u32 = 20_000;
/// Of all other sounds, in milliseconds.
const SOUND_MS: u32 = 1_500;
/// Samples a millisecond of the only form that can be played.
const SAMPLES_PER_MS: u32 = 16;

/// A configuration that has been read once.
#[derive(Clone, Debug)]
pub struct Centre {
    pub(crate) compiled: Compiled,
}

impl Centre {
    /// Reads the configuration.
    ///
    /// # Errors
    /// The configuration of the simulation does not fit this engine.
    pub fn new() -> anyhow::Result<Self> {
        let files = Memory::default()
            .with_file("prompts/sound.wav", silence(SOUND_MS))
            .with_file("prompts/music.wav", silence(MUSIC_MS))
            .with_file("a.wasm", Vec::new());
        let compiled = compile(TEXT, None, &files)
            .map_err(|problems| anyhow!("the simulation's configuration: {problems:?}"))?;
        Ok(Self { compiled })
    }

    /// The configuration in core types.
    #[must_use]
    pub fn config(&self) -> &Arc<Config> {
        &self.compiled.config
    }

    /// Where a prompt is fetched: its name is its address.
    pub(crate) fn prompt_uri(config: &Config, prompt: PromptId) -> Option<String> {
        config.prompts.get(&prompt)?;
        Some(format!(
            "https://engine.test/{}",
            config.symbols.name(prompt.0)
        ))
    }

    /// How long the sound behind an address plays, in milliseconds.
    pub(crate) fn sound_ms(uri: &str) -> u64 {
        let ms = if uri.ends_with("/music") {
            MUSIC_MS
        } else {
            SOUND_MS
        };
        u64::from(ms)
    }
}

/// A WAV file without a sound.
fn silence(ms: u32) -> Vec<u8> {
    let bytes = ms * SAMPLES_PER_MS * 2;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(16_000_u32.to_le_bytes());
    file.extend(32_000_u32.to_le_bytes());
    file.extend(2_u16.to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.resize(file.len() + usize::try_from(bytes).unwrap_or_default(), 0);
    file
}
