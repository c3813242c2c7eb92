//! HMAC-SHA256 over byte strings, for signatures, tokens and comparisons that take the same time for every input.

use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// A code over bytes. Two of them compare in constant time.
pub(crate) type Tag = CtOutput<Hmac<Sha256>>;

/// The block size of SHA-256 in bytes, to which HMAC pads its key.
const BLOCK_BYTES: usize = 64;

/// The HMAC-SHA256 of `parts`, put one behind the other as they are.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Tag {
    let mut mac = keyed(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize()
}

/// The HMAC-SHA256 of `parts`, each with its length before it, so that no two lists of parts give the same text.
pub(crate) fn hmac_sha256_of_parts(key: &[u8], parts: &[&[u8]]) -> Tag {
    let mut mac = keyed(key);
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize()
}

/// Whether two texts are equal, in a time that tells nothing of where they differ or how long the expected one is.
pub(crate) fn is_same(expected: &[u8], given: &[u8]) -> bool {
    const KEY: &[u8] = b"cordboard comparison";
    hmac_sha256(KEY, &[expected]) == hmac_sha256(KEY, &[given])
}

/// SPEC(RFC 2104): a key longer than a block is hashed, a shorter one is filled with zeros.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let mut block = [0_u8; BLOCK_BYTES];
    let hashed;
    let key = if key.len() > BLOCK_BYTES {
        hashed = Sha256::digest(key);
        hashed.as_slice()
    } else {
        key
    };
    for (padded, byte) in block.iter_mut().zip(key) {
        *padded = *byte;
    }
    Hmac::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(tag: Tag) -> String {
        tag.into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// SPEC(RFC 4231): test cases 2 and 6, a short key and one longer than a block.
    #[test]
    fn the_published_vectors_hold() {
        assert_eq!(
            hex(hmac_sha256(
                b"Jefe",
                &[b"what do ya want ", b"for nothing?"]
            )),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(hmac_sha256(
                &[0xaa; 131],
                &[b"Test Using Larger Than Block-Size Key - Hash Key First"]
            )),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert!(
            hmac_sha256_of_parts(b"k", &[b"ab", b"c"])
                != hmac_sha256_of_parts(b"k", &[b"a", b"bc"])
        );
    }

    #[test]
    fn only_equal_texts_are_the_same() {
        assert!(is_same(b"secret", b"secret"));
        assert!(!is_same(b"secret", b"secreT"));
        assert!(!is_same(b"secret", b""));
    }
}
