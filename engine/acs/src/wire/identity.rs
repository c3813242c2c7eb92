//! What an identifier means, and the raw id that says it in one text.

use std::fmt;

use super::identifier::{
    ANONYMOUS, Cloud, CommunicationIdentifier, CommunicationUserIdentifier, IdentifierKind,
    MicrosoftTeamsAppIdentifier, MicrosoftTeamsUserIdentifier, PhoneNumberIdentifier,
    TeamsExtensionUserIdentifier,
};
use crate::masking::mask_raw_id;

/// What an identifier means, with the kind inferred.
///
/// Two identifiers of the same party compare equal as identities although they were filled differently.
#[derive(Clone, PartialEq, Eq)]
pub enum Identity {
    /// A user of the Communication Services resource.
    User {
        /// The raw id, `8:acs:{resource}_{user}`.
        raw_id: String,
    },
    /// A phone number.
    Phone {
        /// The number, usually in E.164 form.
        number: String,
        /// Tells apart the legs of one number that joined the same call more than once.
        asserted_id: Option<String>,
    },
    /// A caller who hides the number.
    AnonymousPhone,
    /// A Teams user.
    TeamsUser {
        /// The Entra object id, or a visitor id.
        user_id: String,
        /// True for a meeting visitor.
        anonymous: bool,
        /// The user's cloud.
        cloud: Cloud,
    },
    /// A Teams application, such as a resource account.
    TeamsApp {
        /// The object id.
        app_id: String,
        /// The application's cloud.
        cloud: Cloud,
    },
    /// A Teams user signed in to a Communication Services resource.
    TeamsExtensionUser {
        /// The Communication Services resource.
        resource_id: String,
        /// The user's Entra tenant.
        tenant_id: String,
        /// The user's Entra object id.
        user_id: String,
        /// The user's cloud.
        cloud: Cloud,
    },
    /// An identity of no known form, as its raw id; empty if there was none.
    Unknown {
        /// The raw id as received.
        raw_id: String,
    },
}

impl Identity {
    /// Reads a raw id. Every text has a meaning: what has no known form is [`Identity::Unknown`].
    #[must_use]
    pub fn from_raw_id(raw_id: &str) -> Self {
        let unknown = || Self::Unknown {
            raw_id: raw_id.to_owned(),
        };
        if let Some(number) = raw_id.strip_prefix("4:") {
            return phone_from_raw_id(number);
        }
        let mut parts = raw_id.splitn(3, ':');
        let (Some(family), Some(scheme), Some(rest)) = (parts.next(), parts.next(), parts.next())
        else {
            return unknown();
        };
        match (family, scheme) {
            ("8", "acs") => user_from_raw_id(raw_id, rest, Cloud::Public),
            ("8", "dod-acs") => user_from_raw_id(raw_id, rest, Cloud::Dod),
            ("8", "gcch-acs") => user_from_raw_id(raw_id, rest, Cloud::Gcch),
            ("8", "spool") => Self::User {
                raw_id: raw_id.to_owned(),
            },
            ("8", "orgid") => Self::TeamsUser {
                user_id: rest.to_owned(),
                anonymous: false,
                cloud: Cloud::Public,
            },
            ("8", "dod") => Self::TeamsUser {
                user_id: rest.to_owned(),
                anonymous: false,
                cloud: Cloud::Dod,
            },
            ("8", "gcch") => Self::TeamsUser {
                user_id: rest.to_owned(),
                anonymous: false,
                cloud: Cloud::Gcch,
            },
            ("8", "teamsvisitor") => Self::TeamsUser {
                user_id: rest.to_owned(),
                anonymous: true,
                cloud: Cloud::Public,
            },
            ("28", "orgid") => Self::TeamsApp {
                app_id: rest.to_owned(),
                cloud: Cloud::Public,
            },
            ("28", "dod") => Self::TeamsApp {
                app_id: rest.to_owned(),
                cloud: Cloud::Dod,
            },
            ("28", "gcch") => Self::TeamsApp {
                app_id: rest.to_owned(),
                cloud: Cloud::Gcch,
            },
            _ => unknown(),
        }
    }

    /// The raw id of this identity.
    #[must_use]
    pub fn raw_id(&self) -> String {
        match self {
            Self::User { raw_id } | Self::Unknown { raw_id } => raw_id.clone(),
            Self::Phone {
                number,
                asserted_id: None,
            } => format!("4:{number}"),
            Self::Phone {
                number,
                asserted_id: Some(asserted_id),
            } => format!("4:{number}_{asserted_id}"),
            Self::AnonymousPhone => format!("4:{ANONYMOUS}"),
            Self::TeamsUser {
                user_id,
                anonymous: true,
                ..
            } => format!("8:teamsvisitor:{user_id}"),
            Self::TeamsUser {
                user_id,
                anonymous: false,
                cloud,
            } => format!("8:{}:{user_id}", teams_scheme(cloud)),
            Self::TeamsApp { app_id, cloud } => format!("28:{}:{app_id}", teams_scheme(cloud)),
            Self::TeamsExtensionUser {
                resource_id,
                tenant_id,
                user_id,
                cloud,
            } => {
                let scheme = match cloud {
                    Cloud::Dod => "dod-acs",
                    Cloud::Gcch => "gcch-acs",
                    Cloud::Public | Cloud::Other(_) => "acs",
                };
                format!("8:{scheme}:{resource_id}_{tenant_id}_{user_id}")
            }
        }
    }

    /// The identifier as a request carries it: raw id and sub-object, no `kind`.
    #[must_use]
    pub fn to_request(&self) -> CommunicationIdentifier {
        CommunicationIdentifier {
            kind: None,
            ..self.to_response()
        }
    }

    /// The identifier as an answer or an event of the service carries it: with `kind` and raw id.
    #[must_use]
    pub fn to_response(&self) -> CommunicationIdentifier {
        let mut identifier = CommunicationIdentifier {
            raw_id: Some(self.raw_id()),
            ..Default::default()
        };
        let kind = match self {
            Self::User { raw_id } => {
                identifier.communication_user =
                    Some(CommunicationUserIdentifier { id: raw_id.clone() });
                IdentifierKind::CommunicationUser
            }
            Self::Phone {
                number,
                asserted_id,
            } => {
                identifier.phone_number = Some(PhoneNumberIdentifier {
                    value: number.clone(),
                    is_anonymous: None,
                    asserted_id: asserted_id.clone(),
                });
                IdentifierKind::PhoneNumber
            }
            Self::AnonymousPhone => {
                identifier.phone_number = Some(PhoneNumberIdentifier {
                    value: ANONYMOUS.to_owned(),
                    is_anonymous: Some(true),
                    asserted_id: None,
                });
                IdentifierKind::PhoneNumber
            }
            Self::TeamsUser {
                user_id,
                anonymous,
                cloud,
            } => {
                identifier.microsoft_teams_user = Some(MicrosoftTeamsUserIdentifier {
                    user_id: user_id.clone(),
                    is_anonymous: Some(*anonymous),
                    cloud: Some(cloud.clone()),
                });
                IdentifierKind::MicrosoftTeamsUser
            }
            Self::TeamsApp { app_id, cloud } => {
                identifier.microsoft_teams_app = Some(MicrosoftTeamsAppIdentifier {
                    app_id: app_id.clone(),
                    cloud: Some(cloud.clone()),
                });
                IdentifierKind::MicrosoftTeamsApp
            }
            Self::TeamsExtensionUser {
                resource_id,
                tenant_id,
                user_id,
                cloud,
            } => {
                identifier.teams_extension_user = Some(TeamsExtensionUserIdentifier {
                    user_id: user_id.clone(),
                    tenant_id: tenant_id.clone(),
                    resource_id: resource_id.clone(),
                    cloud: Some(cloud.clone()),
                });
                IdentifierKind::TeamsExtensionUser
            }
            Self::Unknown { .. } => IdentifierKind::Unknown,
        };
        identifier.kind = Some(kind);
        identifier
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", mask_raw_id(&self.raw_id()))
    }
}

/// SPEC(Communication Services Common): an asserted id follows the last underscore of a phone raw id.
fn phone_from_raw_id(number: &str) -> Identity {
    if number.eq_ignore_ascii_case(ANONYMOUS) {
        return Identity::AnonymousPhone;
    }
    match number.rsplit_once('_') {
        Some((number, asserted_id)) if !number.is_empty() && !asserted_id.is_empty() => {
            Identity::Phone {
                number: number.to_owned(),
                asserted_id: Some(asserted_id.to_owned()),
            }
        }
        _ => Identity::Phone {
            number: number.to_owned(),
            asserted_id: None,
        },
    }
}

/// Exactly three parts between underscores make a Teams Phone extensibility user.
fn user_from_raw_id(raw_id: &str, rest: &str, cloud: Cloud) -> Identity {
    let mut parts = rest.split('_');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(resource_id), Some(tenant_id), Some(user_id), None) => Identity::TeamsExtensionUser {
            resource_id: resource_id.to_owned(),
            tenant_id: tenant_id.to_owned(),
            user_id: user_id.to_owned(),
            cloud,
        },
        _ => Identity::User {
            raw_id: raw_id.to_owned(),
        },
    }
}

fn teams_scheme(cloud: &Cloud) -> &'static str {
    match cloud {
        Cloud::Dod => "dod",
        Cloud::Gcch => "gcch",
        Cloud::Public | Cloud::Other(_) => "orgid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_raw_id_has_its_kind_and_survives_a_round_trip() {
        let cases = [
            ("4:+14255550123", IdentifierKind::PhoneNumber),
            ("4:anonymous", IdentifierKind::PhoneNumber),
            ("4:+14255550123_00000001", IdentifierKind::PhoneNumber),
            ("4:urn:something", IdentifierKind::PhoneNumber),
            ("8:acs:res_user", IdentifierKind::CommunicationUser),
            ("8:acs:bare", IdentifierKind::CommunicationUser),
            ("8:dod-acs:res_user", IdentifierKind::CommunicationUser),
            ("8:gcch-acs:res_user", IdentifierKind::CommunicationUser),
            ("8:spool:abc", IdentifierKind::CommunicationUser),
            ("8:acs:a_b_c_d", IdentifierKind::CommunicationUser),
            ("8:acs:res_tenant_user", IdentifierKind::TeamsExtensionUser),
            (
                "8:dod-acs:res_tenant_user",
                IdentifierKind::TeamsExtensionUser,
            ),
            (
                "8:gcch-acs:res_tenant_user",
                IdentifierKind::TeamsExtensionUser,
            ),
            ("8:orgid:oid", IdentifierKind::MicrosoftTeamsUser),
            ("8:dod:oid", IdentifierKind::MicrosoftTeamsUser),
            ("8:gcch:oid", IdentifierKind::MicrosoftTeamsUser),
            ("8:teamsvisitor:vid", IdentifierKind::MicrosoftTeamsUser),
            ("28:orgid:app", IdentifierKind::MicrosoftTeamsApp),
            ("28:dod:app", IdentifierKind::MicrosoftTeamsApp),
            ("28:gcch:app", IdentifierKind::MicrosoftTeamsApp),
            ("28:other:app", IdentifierKind::Unknown),
            ("28:bare", IdentifierKind::Unknown),
            ("8:", IdentifierKind::Unknown),
            ("anything", IdentifierKind::Unknown),
            ("", IdentifierKind::Unknown),
        ];
        for (raw_id, kind) in cases {
            let identity = Identity::from_raw_id(raw_id);
            assert_eq!(identity.to_response().kind, Some(kind), "{raw_id}");
            assert_eq!(identity.raw_id(), raw_id, "{raw_id}");
            assert_eq!(identity.to_response().resolve(), identity, "{raw_id}");
            assert_eq!(identity.to_request().resolve(), identity, "{raw_id}");
        }
    }

    #[test]
    fn the_asserted_id_follows_the_last_underscore() {
        let identity = Identity::from_raw_id("4:+1425_555_7");
        let expected = Identity::Phone {
            number: "+1425_555".to_owned(),
            asserted_id: Some("7".to_owned()),
        };
        assert_eq!(identity, expected);
    }
}
