//! Readers within this crate that fuzz targets call as they are.

use crate::entry::{
    HEADER_BYTES, RecordId, Seq, checksum, decode_entry, decode_manifest, decode_part,
    decode_record, encode_entry, encode_manifest, encode_part, encode_record,
};
use crate::error::FrameError;

/// Reads a frame of any kind in the place that it names, and returns its payload with the frame that a writer makes of
/// what was read.
///
/// # Errors
///
/// [`FrameError`].
pub fn read_frame(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), FrameError> {
    let number = |at: usize| {
        let eight = bytes.get(at..).and_then(|rest| rest.first_chunk());
        u64::from_le_bytes(eight.copied().unwrap_or_default())
    };
    let seq = Seq(number(12));
    match bytes.first_chunk() {
        Some(b"CBJR") => {
            let number = bytes
                .get(HEADER_BYTES..)
                .and_then(|rest| rest.first_chunk());
            let number = u32::from_le_bytes(number.copied().unwrap_or_default());
            let record = decode_record(RecordId { seq, number }, bytes)?;
            let subjects: Vec<&str> = record.subjects.iter().map(String::as_str).collect();
            let payload = &record.payload;
            let again = encode_record(record.id, record.now, record.core, &subjects, payload);
            Ok((record.payload, again))
        }
        Some(b"CBJS") => {
            let manifest = decode_manifest(seq, bytes)?;
            Ok((Vec::new(), encode_manifest(&manifest)))
        }
        Some(b"CBJP") => {
            let part = u32::try_from(number(20)).map_err(|_| FrameError::Misplaced)?;
            let share = decode_part(seq, part, bytes)?;
            let core = bytes.get(8..).and_then(|rest| rest.first_chunk());
            let core = crate::CoreVersion(u32::from_le_bytes(core.copied().unwrap_or_default()));
            Ok((share.to_vec(), encode_part(seq, core, part, share)))
        }
        Some(_) | None => {
            let entry = decode_entry(seq, bytes)?;
            let again = encode_entry(entry.seq, entry.now, entry.core, &entry.payload);
            Ok((entry.payload, again))
        }
    }
}

/// Makes length and checksum of a frame right, so that a reader looks at the rest.
pub fn seal(frame: &mut [u8]) {
    if let Some(body) = frame.len().checked_sub(HEADER_BYTES) {
        let length = u32::try_from(body).unwrap_or(u32::MAX);
        put(frame, HEADER_BYTES - 8, length);
        put(frame, HEADER_BYTES - 4, checksum(frame));
    }
}

fn put(frame: &mut [u8], at: usize, value: u32) {
    if let Some(place) = frame.get_mut(at..at + 4) {
        place.copy_from_slice(&value.to_le_bytes());
    }
}
