//! The form of audio files that can be played: WAV, PCM, mono, 16 bit, 16 kHz.

use std::io::Cursor;

/// Largest audio file that is fetched, in bytes: an hour of the form that can be played.
pub(crate) const PROMPT_BYTES_MAX: usize = 120 * 1024 * 1024;

/// Checks an audio file and tells how long it plays, in milliseconds. The error says what is wrong with it.
pub(crate) fn duration_ms(file: &[u8]) -> Result<u64, String> {
    let reader = hound::WavReader::new(Cursor::new(file))
        .map_err(|error| format!("not a WAV file: {error}"))?;
    let spec = reader.spec();
    if spec.sample_format != hound::SampleFormat::Int || spec.bits_per_sample != 16 {
        return Err(format!(
            "{} bits a sample instead of 16 bits of integer PCM",
            spec.bits_per_sample
        ));
    }
    if spec.channels != 1 {
        return Err(format!("{} channels instead of 1", spec.channels));
    }
    if spec.sample_rate != 16_000 {
        return Err(format!(
            "{} samples a second instead of 16000",
            spec.sample_rate
        ));
    }
    match reader.duration() {
        0 => Err("no sound at all".to_owned()),
        samples => Ok(u64::from(samples).div_ceil(16)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(channels: u16, sample_rate: u32, bits_per_sample: u16, frames: u32) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels,
            sample_rate,
            bits_per_sample,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
        for _ in 0..frames * u32::from(channels) {
            writer.write_sample(0_i16 as i32).unwrap();
        }
        writer.finalize().unwrap();
        file.into_inner()
    }

    #[test]
    fn the_duration_is_that_of_the_samples() {
        assert_eq!(duration_ms(&wav(1, 16_000, 16, 16_000)), Ok(1_000));
        assert_eq!(
            duration_ms(&wav(1, 16_000, 16, 17)),
            Ok(2),
            "a started millisecond counts"
        );
    }

    #[test]
    fn every_other_form_is_refused_and_says_why() {
        for (file, why) in [
            (wav(2, 16_000, 16, 10), "2 channels"),
            (wav(1, 8_000, 16, 10), "8000 samples"),
            (wav(1, 16_000, 8, 10), "8 bits"),
            (wav(1, 16_000, 16, 0), "no sound"),
            (b"ID3 and so on".to_vec(), "not a WAV"),
            (Vec::new(), "not a WAV"),
        ] {
            let error = duration_ms(&file).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
