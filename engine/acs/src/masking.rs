//! Making personal values unreadable in logs and error texts.

/// The digits of a phone number that stay readable at its end.
const DIGITS_SHOWN: usize = 2;

/// The shortest run of digits that [`mask_digits`] takes for a phone number, a card number or the like.
const DIGIT_RUN_MASKED_MIN: usize = 5;

/// A phone number with all but its last two digits hidden, such as `…23`; a text without digits gives `…`.
#[must_use]
pub fn mask_phone(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let shown = digits
        .iter()
        .skip(digits.len().saturating_sub(DIGITS_SHOWN));
    if digits.len() > DIGITS_SHOWN {
        std::iter::once(&'…').chain(shown).collect()
    } else {
        "…".to_owned()
    }
}

/// A raw identifier fit for logs: phone numbers are masked, all others are opaque ids and stay.
#[must_use]
pub fn mask_raw_id(raw_id: &str) -> String {
    match raw_id.strip_prefix("4:") {
        Some("anonymous") => raw_id.to_owned(),
        Some(number) => format!(
            "4:{}",
            mask_phone(number.split('_').next().unwrap_or(number))
        ),
        None => raw_id.to_owned(),
    }
}

/// A text with every run of five or more digits masked, for messages of the service that may quote a number.
#[must_use]
pub fn mask_digits(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut run = String::new();
    for character in text.chars().map(Some).chain(std::iter::once(None)) {
        match character {
            Some(digit) if digit.is_ascii_digit() => run.push(digit),
            other => {
                if run.len() >= DIGIT_RUN_MASKED_MIN {
                    masked.push_str(&mask_phone(&run));
                } else {
                    masked.push_str(&run);
                }
                run.clear();
                masked.extend(other);
            }
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_of_a_number_stay() {
        assert_eq!(mask_phone("+14255550123"), "…23");
        assert_eq!(mask_phone("+1"), "…");
        assert_eq!(mask_phone("12"), "…");
        assert_eq!(mask_phone(""), "…");
    }

    #[test]
    fn only_phone_raw_ids_are_masked() {
        assert_eq!(mask_raw_id("4:+14255550123"), "4:…23");
        assert_eq!(mask_raw_id("4:+14255550123_00000001"), "4:…23");
        assert_eq!(mask_raw_id("4:anonymous"), "4:anonymous");
        assert_eq!(mask_raw_id("8:acs:a_b"), "8:acs:a_b");
    }

    #[test]
    fn long_digit_runs_of_a_message_are_masked() {
        assert_eq!(
            mask_digits("8523: number +14255550123 is bad"),
            "8523: number +…23 is bad"
        );
        assert_eq!(mask_digits("ends with 123456"), "ends with …56");
        assert_eq!(mask_digits(""), "");
    }
}
