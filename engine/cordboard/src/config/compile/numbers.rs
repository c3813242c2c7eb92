//! Phone numbers and other identities.
//!
//! Numbers are checked for their form alone (ITU-T E.164: `+`, a country code that does not begin
//! with 0, 15 digits at most). A port of libphonenumber would also know which numbers are given
//! out, but refuses numbers that are new or reserved for examples, and costs 38 s of build time and
//! 20 more crates; an address that is not given out fails at the first call and is reported.

use super::Checker;
use crate::config::problem::Path;
use cordboard_core::participant::Participant;

/// Most digits of a number (ITU-T E.164).
const DIGITS_MAX: usize = 15;
/// Fewest digits of a number that can be called from abroad.
const DIGITS_MIN: usize = 7;

impl Checker<'_> {
    pub(super) fn phone(&mut self, number: &str, path: &Path) -> Participant {
        if !is_e164(number) {
            self.refuse(path, "is not in E.164 form; write it like `+14255550123`");
        }
        Participant::phone(number)
    }

    pub(super) fn guid(&mut self, text: &str, path: &Path) {
        if !is_guid(text) {
            self.refuse(
                path,
                format!(
                    "`{text}` is not a GUID; write it like `00000000-0000-0000-0000-000000000000`"
                ),
            );
        }
    }
}

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_international_numbers_pass() {
        assert!(is_e164("+14255550123"));
        assert!(is_e164("+48221234567"));
        for wrong in [
            "14255550123",
            "+0425555012",
            "+112",
            "+1425555012345678",
            "+1 425 555",
            "+",
            "",
        ] {
            assert!(!is_e164(wrong), "{wrong}");
        }
    }

    #[test]
    fn guids_have_five_groups() {
        assert!(is_guid("01234567-89ab-cdef-0123-456789ABCDEF"));
        assert!(!is_guid("0123456789abcdef0123456789abcdef"));
        assert!(!is_guid("g1234567-89ab-cdef-0123-456789abcdef"));
    }
}
