//! Who takes part in a call: the communication identifier and its raw id.
//!
//! The service, its SDKs and Event Grid fill this structure differently: `kind` may be missing, the cloud is spelled in
//! either case, a Teams resource account arrives as kind `unknown` with its raw id. [`CommunicationIdentifier::resolve`]
//! therefore looks at the sub-object first and at the raw id second, never at `kind`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::identity::ANONYMOUS;
pub use super::identity::{Cloud, Identity};
use super::open_enum::open_enum;
use crate::masking::mask_phone;

open_enum! {
    /// What a [`CommunicationIdentifier`] says it identifies.
    pub enum IdentifierKind {
        /// None of the others; Teams resource accounts arrive with this kind.
        Unknown = "unknown",
        /// A user of the Communication Services resource.
        CommunicationUser = "communicationUser",
        /// A phone number.
        PhoneNumber = "phoneNumber",
        /// A Teams user.
        MicrosoftTeamsUser = "microsoftTeamsUser",
        /// A Teams application, such as a resource account.
        MicrosoftTeamsApp = "microsoftTeamsApp",
        /// A Teams user signed in to a Communication Services resource (Teams Phone extensibility).
        TeamsExtensionUser = "teamsExtensionUser",
    }
}

/// A participant as requests, answers and events carry it.
///
/// At most one sub-object is filled. `kind` and `raw_id` are optional in requests and present in answers.
/// SPEC(Communication Services Common 2025-06-30, `CommunicationIdentifierModel`).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommunicationIdentifier {
    /// The kind, where the sender names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<IdentifierKind>,
    /// The whole identity in one text, such as `4:+14255550123` or `8:acs:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_id: Option<String>,
    /// Filled for a user of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub communication_user: Option<CommunicationUserIdentifier>,
    /// Filled for a phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<PhoneNumberIdentifier>,
    /// Filled for a Teams user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microsoft_teams_user: Option<MicrosoftTeamsUserIdentifier>,
    /// Filled for a Teams application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microsoft_teams_app: Option<MicrosoftTeamsAppIdentifier>,
    /// Filled for a Teams Phone extensibility user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teams_extension_user: Option<TeamsExtensionUserIdentifier>,
}

impl CommunicationIdentifier {
    /// A phone number in E.164 form, as a request names it.
    #[must_use]
    pub fn phone(number: &str) -> Self {
        Identity::Phone {
            number: number.to_owned(),
            asserted_id: None,
        }
        .to_request()
    }

    /// A user of the resource, by raw id `8:acs:…`, as a request names it.
    #[must_use]
    pub fn user(raw_id: &str) -> Self {
        Identity::User {
            raw_id: raw_id.to_owned(),
        }
        .to_request()
    }

    /// The identity behind this identifier: from the sub-object, else from the raw id.
    #[must_use]
    pub fn resolve(&self) -> Identity {
        if let Some(user) = &self.communication_user {
            return Identity::User {
                raw_id: user.id.clone(),
            };
        }
        if let Some(phone) = &self.phone_number {
            return phone.resolve(self.raw_id.as_deref());
        }
        if let Some(user) = &self.microsoft_teams_user {
            return Identity::TeamsUser {
                user_id: user.user_id.clone(),
                anonymous: user.is_anonymous.unwrap_or_default(),
                cloud: user.cloud.clone().unwrap_or_default(),
            };
        }
        if let Some(app) = &self.microsoft_teams_app {
            return Identity::TeamsApp {
                app_id: app.app_id.clone(),
                cloud: app.cloud.clone().unwrap_or_default(),
            };
        }
        if let Some(user) = &self.teams_extension_user {
            return Identity::TeamsExtensionUser {
                resource_id: user.resource_id.clone(),
                tenant_id: user.tenant_id.clone(),
                user_id: user.user_id.clone(),
                cloud: user.cloud.clone().unwrap_or_default(),
            };
        }
        Identity::from_raw_id(self.raw_id.as_deref().unwrap_or_default())
    }
}

impl Identity {
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

impl fmt::Debug for CommunicationIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.resolve(), f)
    }
}

/// The user sub-object. Also stands alone where the interface wants a user only, such as `answeredBy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommunicationUserIdentifier {
    /// The raw id, `8:acs:{resource}_{user}`.
    pub id: String,
}

/// The phone number sub-object. Also stands alone where the interface wants a number only, such as
/// `sourceCallerIdNumber`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneNumberIdentifier {
    /// The number in E.164 form, or `anonymous`.
    pub value: String,
    /// True if the caller hides the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_anonymous: Option<bool>,
    /// Tells apart the legs of one number that joined the same call more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asserted_id: Option<String>,
}

impl PhoneNumberIdentifier {
    /// A number in E.164 form.
    #[must_use]
    pub fn new(value: &str) -> Self {
        Self {
            value: value.to_owned(),
            is_anonymous: None,
            asserted_id: None,
        }
    }

    fn resolve(&self, raw_id: Option<&str>) -> Identity {
        if self.is_anonymous == Some(true) || self.value.eq_ignore_ascii_case(ANONYMOUS) {
            return Identity::AnonymousPhone;
        }
        let asserted_id = self.asserted_id.clone().or_else(|| {
            match Identity::from_raw_id(raw_id.unwrap_or_default()) {
                Identity::Phone { asserted_id, .. } => asserted_id,
                _ => None,
            }
        });
        Identity::Phone {
            number: self.value.clone(),
            asserted_id,
        }
    }
}

impl fmt::Debug for PhoneNumberIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumberIdentifier({})", mask_phone(&self.value))
    }
}

/// The Teams user sub-object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MicrosoftTeamsUserIdentifier {
    /// The Entra object id, or a visitor id for an anonymous user.
    pub user_id: String,
    /// True for a meeting visitor; false if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_anonymous: Option<bool>,
    /// The cloud; public if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,
}

/// The Teams application sub-object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MicrosoftTeamsAppIdentifier {
    /// The object id of the application or resource account.
    pub app_id: String,
    /// The cloud; public if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,
}

/// The Teams Phone extensibility user sub-object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamsExtensionUserIdentifier {
    /// The Entra object id of the user.
    pub user_id: String,
    /// The Entra tenant of the user.
    pub tenant_id: String,
    /// The Communication Services resource.
    pub resource_id: String,
    /// The cloud; public if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Cloud>,
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

    fn parse(json: &str) -> CommunicationIdentifier {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_kind_is_inferred_where_the_sender_names_none() {
        let identifier = parse(r#"{"phoneNumber":{"value":"+14255550123"}}"#);
        assert_eq!(
            identifier.resolve(),
            Identity::from_raw_id("4:+14255550123")
        );
        let identifier = parse(r#"{"rawId":"8:acs:a_b_c"}"#);
        assert!(matches!(
            identifier.resolve(),
            Identity::TeamsExtensionUser { .. }
        ));
    }

    #[test]
    fn a_resource_account_of_kind_unknown_is_an_application() {
        let identifier = parse(r#"{"kind":"unknown","rawId":"28:orgid:app-1"}"#);
        assert_eq!(
            identifier.resolve(),
            Identity::TeamsApp {
                app_id: "app-1".to_owned(),
                cloud: Cloud::Public
            }
        );
    }

    #[test]
    fn the_same_number_with_and_without_an_asserted_id_has_the_same_value() {
        let identifier =
            parse(r#"{"rawId":"4:+14255550123_7","phoneNumber":{"value":"+14255550123"}}"#);
        let Identity::Phone {
            number,
            asserted_id,
        } = identifier.resolve()
        else {
            panic!("not a phone")
        };
        assert_eq!(
            (number.as_str(), asserted_id.as_deref()),
            ("+14255550123", Some("7"))
        );
    }

    #[test]
    fn clouds_are_read_in_any_case() {
        let identifier =
            parse(r#"{"microsoftTeamsUser":{"userId":"u","isAnonymous":false,"cloud":"GCCH"}}"#);
        assert_eq!(identifier.resolve().raw_id(), "8:gcch:u");
    }

    #[test]
    fn hidden_callers_are_one_identity() {
        for json in [
            r#"{"rawId":"4:anonymous"}"#,
            r#"{"phoneNumber":{"value":"anonymous"}}"#,
            r#"{"phoneNumber":{"value":"","isAnonymous":true}}"#,
        ] {
            assert_eq!(parse(json).resolve(), Identity::AnonymousPhone, "{json}");
        }
    }

    #[test]
    fn debug_hides_numbers() {
        let text = format!(
            "{:?} {:?}",
            CommunicationIdentifier::phone("+14255550123"),
            PhoneNumberIdentifier::new("+14255550123")
        );
        assert!(!text.contains("555"), "{text}");
        assert!(text.contains("23"), "{text}");
    }
}
