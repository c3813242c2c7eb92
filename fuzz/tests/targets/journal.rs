//! Frames of the journal and what lies in them.
//!
//! The first byte says whether the frame is sealed before it is read: `S` makes length and checksum right, as if the disk had kept
//! these very bytes; anything else leaves them. `P` is a payload alone.

use cordboard::driver::RecordBody;
use cordboard_core::ids::Timestamp;
use cordboard_core::{Input, Tenant};
use cordboard_journal::{decode_payload, encode_payload, fuzzing};

pub(crate) fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    if *first == b'P' {
        return payload(rest);
    }
    let mut frame = rest.to_vec();
    if *first == b'S' {
        fuzzing::seal(&mut frame);
    }
    match fuzzing::read_frame(&frame) {
        Ok((body, again)) => {
            assert_eq!(again, frame, "what is read is written as it was");
            payload(&body);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn payload(bytes: &[u8]) {
    if let Ok(input) = decode_payload::<Input>(bytes) {
        let kept = encode_payload(&input).unwrap();
        let again = decode_payload::<Input>(&kept).unwrap();
        assert_eq!(encode_payload(&again).unwrap(), kept);
        // An entry that panics the core is skipped by recovery, but none that a reader has let in may.
        if !matches!(input, Input::Config(_)) {
            let mut tenant = Tenant::new();
            tenant.handle(Timestamp(1), input);
        }
    }
    if let Ok(tenant) = decode_payload::<Tenant>(bytes) {
        let kept = encode_payload(&tenant).unwrap();
        decode_payload::<Tenant>(&kept).unwrap();
    }
    if let Ok(record) = decode_payload::<RecordBody>(bytes) {
        let kept = encode_payload(&record).unwrap();
        decode_payload::<RecordBody>(&kept).unwrap();
    }
}
