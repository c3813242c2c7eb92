//! Who takes part in a call, by ACS raw id.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A party of a call, identified by its ACS raw id (`4:+14255550123`, `8:orgid:…`, `28:orgid:…`).
///
/// The kind is read from the raw id and not from the wire's `kind` member, because Teams resource
/// accounts arrive as `kind: "unknown"` (ACS: Teams Phone extensibility, incoming call).
/// `Debug` masks phone numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Participant(String);

/// What kind of party a raw id names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParticipantKind {
    /// `4:+14255550123`, `4:anonymous`: a phone number.
    PhoneNumber,
    /// `8:acs:…` with two parts: a plain ACS user.
    AcsUser,
    /// `8:acs:{resource}_{tenant}_{user}`: an agent in the Calling SDK client.
    TeamsExtensionUser,
    /// `8:orgid:…` and its sovereign forms: a person in the Teams client.
    TeamsUser,
    /// `28:orgid:…`: a resource account or bot.
    TeamsApp,
    /// Anything else.
    Unknown,
}

impl Participant {
    /// Takes an ACS raw id as it is.
    pub fn from_raw_id(raw_id: impl Into<String>) -> Self {
        Self(raw_id.into())
    }

    /// Makes the participant of a phone number in E.164 form (`+14255550123`).
    #[must_use]
    pub fn phone(number: &str) -> Self {
        Self(format!("4:{number}"))
    }

    /// Returns the raw id. It may hold a phone number: not for logs.
    #[must_use]
    pub fn raw_id(&self) -> &str {
        &self.0
    }

    /// Tells what kind of party this is, by the rules of the official SDKs.
    #[must_use]
    pub fn kind(&self) -> ParticipantKind {
        let raw = self.0.as_str();
        if raw.starts_with("4:") {
            return ParticipantKind::PhoneNumber;
        }
        for prefix in ["8:acs:", "8:dod-acs:", "8:gcch-acs:"] {
            if let Some(rest) = raw.strip_prefix(prefix) {
                return if rest.split('_').count() == 3 {
                    ParticipantKind::TeamsExtensionUser
                } else {
                    ParticipantKind::AcsUser
                };
            }
        }
        if raw.starts_with("8:spool:") {
            return ParticipantKind::AcsUser;
        }
        let teams_user = ["8:orgid:", "8:dod:", "8:gcch:", "8:teamsvisitor:"];
        if teams_user.iter().any(|prefix| raw.starts_with(prefix)) {
            return ParticipantKind::TeamsUser;
        }
        let teams_app = ["28:orgid:", "28:dod:", "28:gcch:"];
        if teams_app.iter().any(|prefix| raw.starts_with(prefix)) {
            return ParticipantKind::TeamsApp;
        }
        ParticipantKind::Unknown
    }

    /// Returns the phone number without an asserted-identity suffix; `None` for other kinds and
    /// hidden callers.
    #[must_use]
    pub fn phone_number(&self) -> Option<&str> {
        let rest = self.0.strip_prefix("4:")?;
        let value = rest.rsplit_once('_').map_or(rest, |(value, _)| value);
        (value != "anonymous").then_some(value)
    }

    /// Tells whether both name the same party. Phone numbers compare by value: the same caller may
    /// arrive with and without an asserted identity.
    #[must_use]
    pub fn is_same_party(&self, other: &Self) -> bool {
        match (self.phone_number(), other.phone_number()) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => self.0.eq_ignore_ascii_case(&other.0),
        }
    }

    /// Returns a form for logs and events: phone numbers keep their last two digits.
    #[must_use]
    pub fn masked(&self) -> String {
        match self.phone_number() {
            Some(number) => {
                let tail: String = number
                    .chars()
                    .rev()
                    .take(2)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect();
                format!("4:***{tail}")
            }
            None => self.0.clone(),
        }
    }
}

impl fmt::Debug for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Participant({})", self.masked())
    }
}

/// One row of a participant list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ParticipantState {
    /// Who.
    pub participant: Participant,
    /// Whether the party is on hold.
    #[serde(default)]
    pub on_hold: bool,
    /// Whether the party is muted.
    #[serde(default)]
    pub muted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_comes_from_the_raw_id() {
        for (raw, kind) in [
            ("4:+14255550123", ParticipantKind::PhoneNumber),
            ("4:anonymous", ParticipantKind::PhoneNumber),
            ("8:acs:res_user", ParticipantKind::AcsUser),
            ("8:acs:res_tenant_user", ParticipantKind::TeamsExtensionUser),
            (
                "8:gcch-acs:res_tenant_user",
                ParticipantKind::TeamsExtensionUser,
            ),
            ("8:spool:x", ParticipantKind::AcsUser),
            ("8:dod-acs:res_user", ParticipantKind::AcsUser),
            ("8:gcch:oid", ParticipantKind::TeamsUser),
            ("8:orgid:oid", ParticipantKind::TeamsUser),
            ("8:teamsvisitor:x", ParticipantKind::TeamsUser),
            ("28:orgid:app", ParticipantKind::TeamsApp),
            ("28:other", ParticipantKind::Unknown),
        ] {
            assert_eq!(Participant::from_raw_id(raw).kind(), kind, "{raw}");
        }
    }

    #[test]
    fn a_number_with_asserted_identity_is_the_same_party() {
        let plain = Participant::phone("+14255550123");
        let asserted = Participant::from_raw_id("4:+14255550123_abc");
        assert!(plain.is_same_party(&asserted));
        let hidden = Participant::from_raw_id("4:anonymous");
        assert!(!plain.is_same_party(&hidden));
        assert_eq!(hidden.phone_number(), None);
    }

    #[test]
    fn other_parties_are_the_same_by_raw_id_in_any_case() {
        let ann = Participant::from_raw_id("8:orgid:ann");
        assert!(ann.is_same_party(&Participant::from_raw_id("8:orgid:ANN")));
        assert!(!ann.is_same_party(&Participant::from_raw_id("8:orgid:bob")));
        let hidden = Participant::from_raw_id("4:anonymous");
        assert!(hidden.is_same_party(&Participant::from_raw_id("4:anonymous")));
    }

    #[test]
    fn only_numbers_are_masked() {
        assert_eq!(Participant::phone("+14255550123").masked(), "4:***23");
        assert_eq!(Participant::phone("7").masked(), "4:***7");
        let ann = Participant::from_raw_id("8:orgid:ann");
        assert_eq!(ann.masked(), "8:orgid:ann");
        assert_eq!(ann.raw_id(), "8:orgid:ann");
    }

    #[test]
    fn debug_masks_the_number() {
        let shown = format!("{:?}", Participant::phone("+14255550123"));
        assert_eq!(shown, "Participant(4:***23)");
    }
}
