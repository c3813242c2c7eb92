//! What the journal keeps, and the bytes it keeps it as.
//!
//! Every entry, decision record, snapshot and snapshot slice is one **frame**. All numbers are
//! little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 0..4 | magic: `CBJE` entry, `CBJR` decision record, `CBJS` snapshot, `CBJP` part of a snapshot |
//! | 4..6 | encoding version, [`ENCODING_VERSION`] |
//! | 6..8 | flags, zero; a reader refuses a frame with a flag that it does not know |
//! | 8..12 | version of the core that wrote it |
//! | 12..20 | sequence number |
//! | 20..28 | moment, milliseconds since the Unix epoch |
//! | 28..32 | length of the body |
//! | 32..36 | CRC-32 (IEEE) of bytes 0..32 and the body |
//! | 36.. | body |
//!
//! The body of an entry is its payload. The body of a record is its number within its entry
//! (`u32`), the count of its subjects (`u8`), each subject (length as `u8`, UTF-8), and its payload.
//! The body of a snapshot is the state hash (32 bytes), the length of the state (`u64`) and the
//! count of its parts (`u32`); a part's body is its share of the state, and its moment is its number.
//!
//! A released version is frozen: `tests/golden/v1` holds frames that must open for ever.

use crate::error::{FrameError, PayloadError};
use cordboard_core::ids::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;

/// The number of a log entry: 1, 2, 3 and so on without a gap. 0 stands for "before the first".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Seq(pub u64);

impl Seq {
    /// Returns the number after this one; stays at the largest instead of wrapping.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The version of the core's behaviour, stamped on whatever it produced. A recovery that finds
/// another one than its own starts from the snapshot and reconciles instead of trusting its own
/// commands to be those of before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct CoreVersion(pub u32);

/// One entry of the recovery log: an input as it was folded.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: Seq,
    /// The moment that the core was told.
    pub now: Timestamp,
    /// The core that folded it.
    pub core: CoreVersion,
    /// The input, see [`encode_payload`].
    pub payload: Vec<u8>,
}

/// Payloads name callers, so only their length is shown.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("seq", &self.seq)
            .field("now", &self.now)
            .field("core", &self.core)
            .field("payload_bytes", &self.payload.len())
            .finish()
    }
}

/// The state at an entry, as the driver hands it in and gets it back.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last entry that is folded into it.
    pub seq: Seq,
    /// The moment of that entry.
    pub now: Timestamp,
    /// The core that made it.
    pub core: CoreVersion,
    /// A hash of the state by which two replays are compared. The driver chooses the function.
    pub state_hash: [u8; 32],
    /// The state of every tenant of the journal, see [`encode_payload`].
    pub bytes: Arc<[u8]>,
}

/// The state names callers, so only its length is shown.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("seq", &self.seq)
            .field("now", &self.now)
            .field("core", &self.core)
            .field("state_bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// The number of a decision record: the entry that led to it, and which of that entry's records
/// it is, from 0. A replay gives the same records the same numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RecordId {
    /// The entry.
    pub seq: Seq,
    /// Counts the records of that entry, from 0.
    pub number: u32,
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.seq, self.number)
    }
}

/// One decision record.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number.
    pub id: RecordId,
    /// The moment that the core was told.
    pub now: Timestamp,
    /// The core that decided.
    pub core: CoreVersion,
    /// What it can be found by: the driver's names of a call, a contact or an agent.
    pub subjects: Vec<String>,
    /// The record, see [`encode_payload`].
    pub payload: Vec<u8>,
}

/// Subjects and payload may name people, so only their sizes are shown.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("id", &self.id)
            .field("now", &self.now)
            .field("core", &self.core)
            .field("subjects", &self.subjects.len())
            .field("payload_bytes", &self.payload.len())
            .finish()
    }
}

/// The version of the frame's layout that this release writes, and the newest that it reads.
pub const ENCODING_VERSION: u16 = 1;

/// The version of the payload encoding that this release writes, and the newest that it reads.
pub const PAYLOAD_VERSION: u8 = 1;

/// Encodes an input, a state or a record: one byte [`PAYLOAD_VERSION`], then MessagePack with the
/// names of fields and variants. Names describe themselves, so a later release may add optional
/// fields and variants and still read what this one wrote.
///
/// # Errors
///
/// [`PayloadError::Encode`] if the value refuses to be serialized.
pub fn encode_payload<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, PayloadError> {
    let mut bytes = vec![PAYLOAD_VERSION];
    rmp_serde::encode::write_named(&mut bytes, value)
        .map_err(|error| PayloadError::Encode(error.to_string().into()))?;
    Ok(bytes)
}

/// Decodes what [`encode_payload`] of this or an earlier release has encoded.
///
/// # Errors
///
/// [`PayloadError`] if the bytes are empty, of a newer version, not the value asked for, or more
/// than the value.
pub fn decode_payload<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, PayloadError> {
    let (version, mut body) = bytes.split_first().ok_or(PayloadError::Empty)?;
    if *version != PAYLOAD_VERSION {
        return Err(PayloadError::Newer {
            found: *version,
            known: PAYLOAD_VERSION,
        });
    }
    let decode = |error: rmp_serde::decode::Error| PayloadError::Decode(error.to_string().into());
    let value = T::deserialize(&mut rmp_serde::Deserializer::new(&mut body)).map_err(decode)?;
    if body.is_empty() {
        Ok(value)
    } else {
        Err(PayloadError::Decode("bytes are left over".into()))
    }
}

/// Lays out an entry.
pub(crate) fn encode_entry(seq: Seq, now: Timestamp, core: CoreVersion, payload: &[u8]) -> Vec<u8> {
    let mut frame = begin(ENTRY, core, seq, now.0, payload.len());
    frame.extend_from_slice(payload);
    finish(frame)
}

/// Reads an entry that lies in the place of `seq`.
pub(crate) fn decode_entry(seq: Seq, bytes: &[u8]) -> Result<Entry, FrameError> {
    let frame = parse(ENTRY, bytes)?;
    if frame.seq != seq {
        return Err(FrameError::Misplaced);
    }
    Ok(Entry {
        seq,
        now: Timestamp(frame.moment),
        core: frame.core,
        payload: frame.body.to_vec(),
    })
}

/// Lays out a decision record. Subjects over 255, and bytes of a subject over 255, are refused
/// before by the limits.
pub(crate) fn encode_record(
    id: RecordId,
    now: Timestamp,
    core: CoreVersion,
    subjects: &[&str],
    payload: &[u8],
) -> Vec<u8> {
    let names: usize = subjects.iter().map(|subject| subject.len() + 1).sum();
    let mut frame = begin(RECORD, core, id.seq, now.0, 5 + names + payload.len());
    frame.extend_from_slice(&id.number.to_le_bytes());
    frame.push(u8::try_from(subjects.len()).unwrap_or(u8::MAX));
    for subject in subjects {
        frame.push(u8::try_from(subject.len()).unwrap_or(u8::MAX));
        frame.extend_from_slice(subject.as_bytes());
    }
    frame.extend_from_slice(payload);
    finish(frame)
}

/// Reads a decision record that lies in the place of `id`.
pub(crate) fn decode_record(id: RecordId, bytes: &[u8]) -> Result<Record, FrameError> {
    let frame = parse(RECORD, bytes)?;
    let mut body = frame.body;
    let number = u32::from_le_bytes(take(&mut body)?);
    if (RecordId {
        seq: frame.seq,
        number,
    }) != id
    {
        return Err(FrameError::Misplaced);
    }
    let [count] = take(&mut body)?;
    let mut subjects = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let [length] = take(&mut body)?;
        let (subject, rest) = body
            .split_at_checked(usize::from(length))
            .ok_or(FrameError::Length)?;
        let subject = std::str::from_utf8(subject).map_err(|_| FrameError::Checksum)?;
        subjects.push(subject.to_owned());
        body = rest;
    }
    Ok(Record {
        id,
        now: Timestamp(frame.moment),
        core: frame.core,
        subjects,
        payload: body.to_vec(),
    })
}

/// A snapshot without its state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Manifest {
    pub(crate) seq: Seq,
    pub(crate) now: Timestamp,
    pub(crate) core: CoreVersion,
    pub(crate) state_hash: [u8; 32],
    pub(crate) bytes: u64,
    pub(crate) parts: u32,
}

/// Lays out a snapshot's manifest.
pub(crate) fn encode_manifest(manifest: &Manifest) -> Vec<u8> {
    let mut frame = begin(SNAPSHOT, manifest.core, manifest.seq, manifest.now.0, 44);
    frame.extend_from_slice(&manifest.state_hash);
    frame.extend_from_slice(&manifest.bytes.to_le_bytes());
    frame.extend_from_slice(&manifest.parts.to_le_bytes());
    finish(frame)
}

/// Reads a snapshot's manifest that lies in the place of `seq`.
pub(crate) fn decode_manifest(seq: Seq, bytes: &[u8]) -> Result<Manifest, FrameError> {
    let frame = parse(SNAPSHOT, bytes)?;
    if frame.seq != seq {
        return Err(FrameError::Misplaced);
    }
    let mut body = frame.body;
    let manifest = Manifest {
        seq,
        now: Timestamp(frame.moment),
        core: frame.core,
        state_hash: take(&mut body)?,
        bytes: u64::from_le_bytes(take(&mut body)?),
        parts: u32::from_le_bytes(take(&mut body)?),
    };
    if body.is_empty() {
        Ok(manifest)
    } else {
        Err(FrameError::Length)
    }
}

/// Lays out one part of a snapshot.
pub(crate) fn encode_part(seq: Seq, core: CoreVersion, part: u32, share: &[u8]) -> Vec<u8> {
    let mut frame = begin(PART, core, seq, u64::from(part), share.len());
    frame.extend_from_slice(share);
    finish(frame)
}

/// Reads the share of the state in part `part` of the snapshot at `seq`.
pub(crate) fn decode_part(seq: Seq, part: u32, bytes: &[u8]) -> Result<&[u8], FrameError> {
    let frame = parse(PART, bytes)?;
    if frame.seq == seq && frame.moment == u64::from(part) {
        Ok(frame.body)
    } else {
        Err(FrameError::Misplaced)
    }
}

/// Bytes in front of a frame's body.
pub(crate) const HEADER_BYTES: usize = 36;

const ENTRY: [u8; 4] = *b"CBJE";
const RECORD: [u8; 4] = *b"CBJR";
const SNAPSHOT: [u8; 4] = *b"CBJS";
const PART: [u8; 4] = *b"CBJP";

struct Frame<'a> {
    core: CoreVersion,
    seq: Seq,
    moment: u64,
    body: &'a [u8],
}

fn begin(magic: [u8; 4], core: CoreVersion, seq: Seq, moment: u64, body: usize) -> Vec<u8> {
    // INVARIANT: every body is held under 4 GiB by a limit.
    let length = u32::try_from(body).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(HEADER_BYTES + body);
    frame.extend_from_slice(&magic);
    frame.extend_from_slice(&ENCODING_VERSION.to_le_bytes());
    frame.extend_from_slice(&0u16.to_le_bytes());
    frame.extend_from_slice(&core.0.to_le_bytes());
    frame.extend_from_slice(&seq.0.to_le_bytes());
    frame.extend_from_slice(&moment.to_le_bytes());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame
}

fn finish(mut frame: Vec<u8>) -> Vec<u8> {
    let checksum = checksum(&frame).to_le_bytes();
    if let Some(place) = frame.get_mut(HEADER_BYTES - 4..HEADER_BYTES) {
        place.copy_from_slice(&checksum);
    }
    frame
}

/// Of everything but the checksum's own place.
pub(crate) fn checksum(frame: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(frame.get(..HEADER_BYTES - 4).unwrap_or_default());
    hasher.update(frame.get(HEADER_BYTES..).unwrap_or_default());
    hasher.finalize()
}

fn parse(magic: [u8; 4], bytes: &[u8]) -> Result<Frame<'_>, FrameError> {
    let mut rest = bytes;
    if take(&mut rest)? != magic {
        return Err(FrameError::Magic);
    }
    let version = u16::from_le_bytes(take(&mut rest)?);
    let flags = u16::from_le_bytes(take(&mut rest)?);
    let core = CoreVersion(u32::from_le_bytes(take(&mut rest)?));
    let seq = Seq(u64::from_le_bytes(take(&mut rest)?));
    let moment = u64::from_le_bytes(take(&mut rest)?);
    let length = u32::from_le_bytes(take(&mut rest)?);
    let expected = u32::from_le_bytes(take(&mut rest)?);
    // The checksum is looked at first: a flipped bit in the version is damage, not a newer release.
    // A version with another header has to keep the first 36 bytes for this to stay true.
    if checksum(bytes) != expected {
        return Err(FrameError::Checksum);
    }
    if version != ENCODING_VERSION || flags != 0 {
        return Err(FrameError::Newer(version));
    }
    if u32::try_from(rest.len()) != Ok(length) {
        return Err(FrameError::Length);
    }
    Ok(Frame {
        core,
        seq,
        moment,
        body: rest,
    })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], FrameError> {
    let (head, rest) = bytes.split_first_chunk().ok_or(FrameError::Length)?;
    *bytes = rest;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORE: CoreVersion = CoreVersion(7);

    fn frames() -> Vec<(Vec<u8>, Check)> {
        let id = RecordId {
            seq: Seq(9),
            number: 2,
        };
        let manifest = Manifest {
            seq: Seq(9),
            now: Timestamp(5),
            core: CORE,
            state_hash: [3; 32],
            bytes: 4,
            parts: 1,
        };
        vec![
            (encode_entry(Seq(9), Timestamp(5), CORE, b"input"), |b| {
                decode_entry(Seq(9), b).map(drop)
            }),
            (
                encode_record(id, Timestamp(5), CORE, &["t/1", ""], b"why"),
                |b| {
                    decode_record(
                        RecordId {
                            seq: Seq(9),
                            number: 2,
                        },
                        b,
                    )
                    .map(drop)
                },
            ),
            (encode_manifest(&manifest), |b| {
                decode_manifest(Seq(9), b).map(drop)
            }),
            (encode_part(Seq(9), CORE, 1, b"state"), |b| {
                decode_part(Seq(9), 1, b).map(drop)
            }),
        ]
    }

    type Check = fn(&[u8]) -> Result<(), FrameError>;

    #[test]
    fn what_was_written_is_read() {
        let entry = encode_entry(Seq(9), Timestamp(5), CORE, b"input");
        let read = decode_entry(Seq(9), &entry).unwrap();
        assert_eq!(
            (read.seq, read.now, read.core),
            (Seq(9), Timestamp(5), CORE)
        );
        assert_eq!(read.payload, b"input");
        let id = RecordId {
            seq: Seq(9),
            number: 2,
        };
        let record = encode_record(id, Timestamp(5), CORE, &["t/1", "é"], b"why");
        let read = decode_record(id, &record).unwrap();
        assert_eq!(read.subjects, ["t/1", "é"]);
        assert_eq!(read.payload, b"why");
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        for (frame, check) in frames() {
            assert_eq!(check(&frame), Ok(()));
            for bit in 0..frame.len() * 8 {
                let mut bad = frame.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                assert!(check(&bad).is_err(), "bit {bit} of {frame:?}");
            }
        }
    }

    #[test]
    fn every_other_length_is_seen() {
        for (frame, check) in frames() {
            for length in 0..frame.len() {
                assert!(check(&frame[..length]).is_err(), "{length} bytes");
            }
            let mut longer = frame.clone();
            longer.push(0);
            assert!(check(&longer).is_err());
        }
    }

    #[test]
    fn a_frame_in_anothers_place_is_seen() {
        let entry = encode_entry(Seq(9), Timestamp(5), CORE, b"input");
        assert_eq!(decode_entry(Seq(8), &entry), Err(FrameError::Misplaced));
        let part = encode_part(Seq(9), CORE, 1, b"state");
        assert_eq!(decode_part(Seq(9), 0, &part), Err(FrameError::Misplaced));
        assert_eq!(decode_part(Seq(9), 1, &entry), Err(FrameError::Magic));
    }

    #[test]
    fn a_newer_encoding_is_named() {
        let mut frame = encode_entry(Seq(9), Timestamp(5), CORE, b"input");
        frame[4] = 2;
        let frame = finish(frame);
        assert_eq!(decode_entry(Seq(9), &frame), Err(FrameError::Newer(2)));
    }

    #[test]
    fn a_payload_may_gain_optional_fields() {
        #[derive(serde::Serialize)]
        struct Old {
            a: u32,
        }
        #[derive(serde::Deserialize, PartialEq, Debug)]
        struct New {
            #[serde(default)]
            b: Option<String>,
            a: u32,
        }
        let bytes = encode_payload(&Old { a: 3 }).unwrap();
        assert_eq!(decode_payload(&bytes), Ok(New { b: None, a: 3 }));
    }

    #[test]
    fn a_payload_of_another_version_or_length_is_refused() {
        let mut bytes = encode_payload(&3u32).unwrap();
        bytes.push(0);
        assert!(matches!(
            decode_payload::<u32>(&bytes),
            Err(PayloadError::Decode(_))
        ));
        bytes[0] = 2;
        assert_eq!(
            decode_payload::<u32>(&bytes),
            Err(PayloadError::Newer { found: 2, known: 1 })
        );
        assert_eq!(decode_payload::<u32>(&[]), Err(PayloadError::Empty));
    }
}
