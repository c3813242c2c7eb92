//! The connection to the service, tokens, secrets and the address to listen on.

use super::Checker;
use crate::config::output::AcsSettings;
use crate::config::problem::Path;
use crate::config::secret::Secret;
use crate::config::tokens::{Holder, Tokens};
use crate::config::v1::{ConfigText, Role, SecretRef};
#[cfg(feature = "azure")]
use cordboard_acs::{Endpoint, endpoint::PlainHttp};
use cordboard_core::ids::AgentId;
use std::net::{Ipv4Addr, SocketAddr};

/// Shortest token or Event Grid secret, in characters.
pub const SECRET_CHARS_MIN: usize = 16;

impl Checker<'_> {
    pub(super) fn acs(&mut self, text: &ConfigText) -> Option<AcsSettings> {
        let acs = text.acs.as_ref()?;
        let path = Path::root().key("acs");
        if acs.allow_http && !self.is_dev(text) {
            self.refuse(
                &path.key("allow_http"),
                "is for a developer's machine; remove it, or set `\"dev\": true`",
            );
        }
        let base = acs.callback_base_url.trim_end_matches('/');
        let host = base
            .strip_prefix("https://")
            .or_else(|| base.strip_prefix("http://").filter(|_| acs.allow_http));
        let is_address = host.is_some_and(|host| {
            !host.starts_with([':', '/'])
                && !host.is_empty()
                && !host.contains(['?', '#', '@', ' '])
                && has_sound_port(host)
        });
        if !is_address {
            self.refuse(
                &path.key("callback_base_url"),
                format!("`{base}` is no address that the service can call; write it like `https://calls.contoso.com`"),
            );
        }
        if let Some(id) = &acs.resource_id {
            self.guid(id, &path.key("resource_id"));
        }
        let string_path = path.key("connection_string");
        let connection_string = self.secret(text, &acs.connection_string, &string_path);
        #[cfg(feature = "azure")]
        if let Some(secret) = &connection_string {
            let plain_http = plain_http(acs.allow_http);
            if let Err(error) = Endpoint::from_connection_string(secret.expose(), plain_http) {
                let hint = "copy the whole connection string of the resource";
                self.refuse(&string_path, format!("{error}; {hint}"));
            }
        }
        let mut event_grid_secrets = Vec::new();
        for (at, secret) in acs.event_grid_secrets.iter().enumerate() {
            let path = path.key("event_grid_secrets").index(at);
            let secret = self.secret(text, secret, &path);
            let travels = |secret: &Secret| {
                let plain =
                    |letter: char| letter.is_ascii_alphanumeric() || "-._~".contains(letter);
                secret.expose().len() >= SECRET_CHARS_MIN && secret.expose().chars().all(plain)
            };
            if secret.as_ref().is_some_and(|secret| !travels(secret)) {
                self.refuse(
                    &path,
                    format!("is not usable in an address; use at least {SECRET_CHARS_MIN} letters, digits or `-._~`"),
                );
            }
            event_grid_secrets.extend(secret);
        }
        Some(AcsSettings {
            connection_string: connection_string?,
            callback_base_url: base.to_owned(),
            resource_id: acs.resource_id.clone(),
            event_grid_secrets,
            allow_http: acs.allow_http,
        })
    }

    pub(super) fn tokens(&mut self, text: &ConfigText) -> Tokens {
        let mut tokens = Tokens::default();
        let root = Path::root();
        let of_agents = text.agents.iter().filter_map(|(name, agent)| {
            let path = root.key("agents").key(name).key("token");
            agent.token.as_ref().map(|token| (name, None, token, path))
        });
        let of_others = text.api.tokens.iter().enumerate().map(|(at, token)| {
            let path = root.key("api").key("tokens").index(at).key("token");
            (&token.name, Some(token.role), &token.token, path)
        });
        for (name, role, token, path) in of_agents.chain(of_others) {
            let Some(token) = self.secret(text, token, &path) else {
                continue;
            };
            if token.expose().chars().count() < SECRET_CHARS_MIN {
                self.refuse(
                    &path,
                    format!(
                        "is too easy to guess; use at least {SECRET_CHARS_MIN} random characters"
                    ),
                );
            }
            let travels = |letter: char| letter.is_ascii_graphic();
            if !token.expose().chars().all(travels) {
                self.refuse(
                    &path,
                    "is not usable in a header; use letters, digits and signs of ASCII, without spaces",
                );
            }
            let holder = match role {
                None => Holder::Agent(AgentId(self.symbols.intern(name))),
                Some(Role::Supervisor) => Holder::Supervisor(name.clone()),
                Some(Role::Observer) => Holder::Observer(name.clone()),
            };
            if !tokens.add(&token, holder) {
                self.refuse(
                    &path,
                    "is the token of somebody else too; give each their own",
                );
            }
        }
        tokens
    }

    pub(super) fn listen(&mut self, text: &ConfigText) -> SocketAddr {
        let path = Path::root().key("listen").key("address");
        let address = match text.listen.address.parse::<SocketAddr>() {
            Ok(address) => address,
            Err(_) => {
                self.refuse(
                    &path,
                    format!(
                        "`{}` is no address with a port; write it like `0.0.0.0:8080`",
                        text.listen.address
                    ),
                );
                return SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            }
        };
        if text.dev && !address.ip().is_loopback() {
            self.refuse(
                &path,
                format!("`{address}` can be reached from outside, but `dev` is `true`; listen on `127.0.0.1`, or remove `dev`"),
            );
        }
        address
    }

    /// Resolves a secret. Its value is in no message, nor is what stands in place of a name: that may be the secret
    /// too.
    fn secret(&mut self, text: &ConfigText, secret: &SecretRef, path: &Path) -> Option<Secret> {
        if let Some(name) = &secret.env {
            let value = self.source.variable(name).filter(|value| !value.is_empty());
            if value.is_none() {
                let message = if is_name_of_variable(name) {
                    format!("the environment variable `{name}` is not set, or is empty")
                } else {
                    "is not the name of an environment variable that is set; write the name of the one that holds \
                     the secret, like `CORDBOARD_TOKEN`"
                        .to_owned()
                };
                self.refuse(&path.key("env"), message);
            }
            return value.map(Secret::new);
        }
        if let Some(file) = &secret.file {
            let bytes = match self.source.read(file) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.refuse(&path.key("file"), format!("cannot read the file: {error}"));
                    return None;
                }
            };
            return match String::from_utf8(bytes) {
                Ok(value) => Some(Secret::new(value.trim_end())),
                Err(_) => {
                    self.refuse(&path.key("file"), "the file is not text in UTF-8");
                    None
                }
            };
        }
        if secret.value.is_some() && !self.is_dev(text) {
            self.refuse(
                &path.key("value"),
                "a secret stands in plain text; name an environment variable (`env`) or a file (`file`) instead",
            );
        }
        secret.value.as_ref().map(Secret::new)
    }
}

/// Tells whether it looks like the usual name of an environment variable, which no key, token or connection string does.
fn is_name_of_variable(text: &str) -> bool {
    text.contains('_')
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

/// How requests to the service may travel.
#[cfg(feature = "azure")]
pub(crate) fn plain_http(is_allowed: bool) -> PlainHttp {
    if is_allowed {
        PlainHttp::Anywhere
    } else {
        PlainHttp::LoopbackOnly
    }
}

/// Tells whether the port behind a host is one, if there is any.
fn has_sound_port(host_and_path: &str) -> bool {
    let host = host_and_path.split('/').next().unwrap_or_default();
    match host.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.parse::<u16>().is_ok_and(|port| port > 0),
        Some(_) | None => true,
    }
}
