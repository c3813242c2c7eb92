//! What we give to an operation so that its events find their way back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cordboard_core::ids::{CallId, CollectionId, CommandId, Symbol};

use crate::callback_path::parse_number;
use crate::edge_key::EdgeKey;
use crate::mac::is_same;

/// The version of the text form.
const VERSION: &str = "1";

/// How many bytes of the code the text carries. Forging one online has to be hopeless, not more.
const TAG_BYTES: usize = 9;

/// The content of an `operationContext` of ours.
///
/// As text it is `1.{call}.{sequence}.{flag}.{code}`; the flag is `p` for a plain operation, `s` for one whose digits
/// are a secret, with the number of the collection behind it if there is one. The code proves that the engine itself
/// wrote it: only then are digits taken for plain ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OperationContext {
    /// The command that the operation carries out.
    pub command: CommandId,
    /// Whether what the caller enters is a secret.
    pub privacy: Privacy,
}

/// Whether what a caller enters may be known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Privacy {
    /// It may, as in a menu.
    Plain,
    /// Only its length may, as with a card number.
    Sensitive {
        /// The collection that it belongs to.
        collection: Option<CollectionId>,
    },
}

impl OperationContext {
    /// The text for a request.
    #[must_use]
    pub fn encode(&self, key: &EdgeKey, tenant: &str) -> String {
        let body = self.body();
        let code = code(key, tenant, &body);
        format!("{body}.{code}")
    }

    /// Reads the text of an event, in a time that does not depend on the code. `None` for everything that this engine
    /// did not write for this tenant.
    #[must_use]
    pub fn decode(text: &str, key: &EdgeKey, tenant: &str) -> Option<Self> {
        let (body, code_given) = text.rsplit_once('.')?;
        if !is_same(code(key, tenant, body).as_bytes(), code_given.as_bytes()) {
            return None;
        }
        let mut parts = body.split('.');
        let (Some(VERSION), Some(call), Some(sequence), Some(flag), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return None;
        };
        let privacy = match flag {
            "p" => Privacy::Plain,
            "s" => Privacy::Sensitive { collection: None },
            _ => {
                let number = parse_number(flag.strip_prefix('s')?)?;
                Privacy::Sensitive {
                    collection: Some(CollectionId(Symbol(number))),
                }
            }
        };
        let command = CommandId {
            call: CallId(parse_number(call)?),
            sequence: parse_number(sequence)?,
        };
        Some(Self { command, privacy })
    }

    fn body(&self) -> String {
        let flag = match self.privacy {
            Privacy::Plain => "p".to_owned(),
            Privacy::Sensitive { collection: None } => "s".to_owned(),
            Privacy::Sensitive {
                collection: Some(CollectionId(Symbol(number))),
            } => format!("s{number}"),
        };
        format!(
            "{VERSION}.{}.{}.{flag}",
            self.command.call, self.command.sequence
        )
    }
}

fn code(key: &EdgeKey, tenant: &str, body: &str) -> String {
    let tag = key
        .tag("operation context", &[tenant.as_bytes(), body.as_bytes()])
        .into_bytes();
    URL_SAFE_NO_PAD.encode(tag.iter().copied().take(TAG_BYTES).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> EdgeKey {
        EdgeKey::from_nonce(&[7; 32]).unwrap()
    }

    fn context(privacy: Privacy) -> OperationContext {
        OperationContext {
            command: CommandId {
                call: CallId(42),
                sequence: 7,
            },
            privacy,
        }
    }

    const ALL: [Privacy; 3] = [
        Privacy::Plain,
        Privacy::Sensitive { collection: None },
        Privacy::Sensitive {
            collection: Some(CollectionId(Symbol(3))),
        },
    ];

    #[test]
    fn a_context_survives_the_round_trip() {
        for privacy in ALL {
            let text = context(privacy).encode(&key(), "contoso");
            assert_eq!(
                OperationContext::decode(&text, &key(), "contoso"),
                Some(context(privacy)),
                "{text}"
            );
        }
        assert!(
            context(ALL[2])
                .encode(&key(), "contoso")
                .starts_with("1.42.7.s3.")
        );
    }

    #[test]
    fn a_sensitive_context_cannot_be_turned_into_a_plain_one() {
        let text = context(ALL[1]).encode(&key(), "contoso");
        let forged = text.replace(".s.", ".p.");
        assert_ne!(text, forged);
        assert_eq!(OperationContext::decode(&forged, &key(), "contoso"), None);
    }

    #[test]
    fn what_others_wrote_is_not_read() {
        let text = context(Privacy::Plain).encode(&key(), "contoso");
        assert_eq!(OperationContext::decode(&text, &key(), "fabrikam"), None);
        assert_eq!(
            OperationContext::decode(&text, &EdgeKey::from_nonce(&[8; 32]).unwrap(), "contoso"),
            None
        );
        for other in [
            "",
            ".",
            "1.42.7.p.",
            "1.42.7.p",
            "7849b884-7c3f-4ab8-9afc-162b4a38400c",
        ] {
            assert_eq!(
                OperationContext::decode(other, &key(), "contoso"),
                None,
                "{other}"
            );
        }
    }

    #[test]
    fn a_well_signed_body_of_another_form_is_not_read() {
        for body in [
            "2.42.7.p",
            "1.42.7.x",
            "1.42.p",
            "1.042.7.p",
            "1.42.7.s03",
            "1.42.7.p.p",
        ] {
            let text = format!("{body}.{}", code(&key(), "contoso", body));
            assert_eq!(
                OperationContext::decode(&text, &key(), "contoso"),
                None,
                "{body}"
            );
        }
    }
}
