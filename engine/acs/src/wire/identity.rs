//! What an identifier means, and the raw id that says it in one text.

use std::fmt;

use super::open_enum::open_enum;
use crate::masking::mask_raw_id;

/// The text that stands for a hidden number.
pub(super) const ANONYMOUS: &str = "anonymous";

open_enum! {
    /// The Microsoft cloud that a Teams identity belongs to.
    #[derive(Default)]
    pub enum Cloud {
        /// The worldwide cloud; the value when none is given.
        #[default]
        Public = "public",
        /// The cloud of the US Department of Defense.
        Dod = "dod",
        /// The US Government Community Cloud High.
        Gcch = "gcch",
    }
}

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
    fn the_asserted_id_follows_the_last_underscore() {
        let identity = Identity::from_raw_id("4:+1425_555_7");
        let expected = Identity::Phone {
            number: "+1425_555".to_owned(),
            asserted_id: Some("7".to_owned()),
        };
        assert_eq!(identity, expected);
    }
}
