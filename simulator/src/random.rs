//! Randomness: one seed, one stream for each party and purpose.
//!
//! A stream depends on the seed and on its name alone, so what one party draws does not change with what others do meanwhile.

use fastrand::Rng;

/// The stream `purpose` of `party`.
pub(crate) fn stream(seed: u64, purpose: &str, party: &str) -> Rng {
    let mut hash = fnv(FNV_OFFSET, &seed.to_le_bytes());
    for part in [purpose, party] {
        hash = fnv(hash, part.as_bytes());
        // Keeps ("a", "bc") apart from ("ab", "c").
        hash = fnv(hash, &[0xff]);
    }
    Rng::with_seed(hash)
}

/// An id in the form of a GUID, version 4.
pub(crate) fn guid(rng: &mut Rng) -> String {
    let bits = rng.u128(..);
    let version = (bits & !(0xf_u128 << 76)) | (0x4_u128 << 76);
    let variant = (version & !(0x3_u128 << 62)) | (0x2_u128 << 62);
    let hex = format!("{variant:032x}");
    let parts = [
        hex.get(..8),
        hex.get(8..12),
        hex.get(12..16),
        hex.get(16..20),
        hex.get(20..),
    ];
    parts.map(Option::unwrap_or_default).join("-")
}

/// `length` characters of the URL-safe base64 alphabet.
pub(crate) fn token(rng: &mut Rng, length: usize) -> String {
    const ALPHABET: [char; 64] = [
        'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R',
        'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j',
        'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '0', '1',
        '2', '3', '4', '5', '6', '7', '8', '9', '-', '_',
    ];
    (0..length).filter_map(|_| rng.choice(ALPHABET)).collect()
}

// FNV-1a, 64 bits: stable over versions and machines, which the standard library's hashers do not promise.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_purpose_and_party_alone() {
        let draw = |seed, purpose, party| stream(seed, purpose, party).u64(..);
        assert_eq!(draw(7, "ring", "anna"), draw(7, "ring", "anna"));
        assert_ne!(draw(7, "ring", "anna"), draw(8, "ring", "anna"));
        assert_ne!(draw(7, "ring", "anna"), draw(7, "ring", "bert"));
        assert_ne!(draw(7, "ring", "anna"), draw(7, "rin", "ganna"));
    }

    #[test]
    fn a_guid_has_version_and_variant_in_their_places() {
        let guid = guid(&mut stream(1, "guid", ""));
        let parts: Vec<&str> = guid.split('-').collect();
        assert_eq!(
            parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12],
            "{guid}"
        );
        assert!(parts[2].starts_with('4'), "{guid}");
        assert!(parts[3].starts_with(['8', '9', 'a', 'b']), "{guid}");
    }

    #[test]
    fn a_token_has_its_length_in_an_address_safe_alphabet() {
        let token = token(&mut stream(1, "token", ""), 200);
        assert_eq!(token.len(), 200);
        assert!(
            token
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        );
    }
}
