//! What the service answers, and every short text that comes from outside: addresses, signatures, paths, tokens, identifiers.
//!
//! The first byte says what the rest is; see [`run`].

use cordboard_acs::endpoint::PlainHttp;
use cordboard_acs::event_grid::Delivery;
use cordboard_acs::hmac::{AccessKey, http_date, is_fresh};
use cordboard_acs::masking::{mask_digits, mask_phone, mask_raw_id};
use cordboard_acs::operation_context::OperationContext;
use cordboard_acs::wire::call::CallConnectionProperties;
use cordboard_acs::wire::identifier::{CommunicationIdentifier, Identity};
use cordboard_acs::wire::participant::ParticipantsPage;
use cordboard_acs::wire::route::Route;
use cordboard_acs::{CallbackPath, EdgeKey, Endpoint, Secret, WebhookAuth, fuzzing};
use cordboard_core::input::{Outcome, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::LazyLock;
use std::time::Duration;

/// The longest run of digits that a text for logs may have: a longer one may be a telephone number.
const DIGITS_SHOWN_MAX: usize = 4;

const KEY: &str = "c2VjcmV0LWtleQ==";
const WEBHOOK_SECRET: &str = "the-event-grid-secret";
const NOW_MS: u64 = 1_774_000_000_000;

static EDGE_KEY: LazyLock<EdgeKey> = LazyLock::new(|| EdgeKey::from_nonce(&[7; 32]).unwrap());
static ENDPOINT: LazyLock<Endpoint> = LazyLock::new(|| {
    let text = format!("endpoint=https://contoso.example/;accesskey={KEY}");
    Endpoint::from_connection_string(&text, PlainHttp::LoopbackOnly).unwrap()
});
static AUTH: LazyLock<WebhookAuth> =
    LazyLock::new(|| WebhookAuth::with_secrets(vec![Secret::new(WEBHOOK_SECRET)]).unwrap());

pub(crate) fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let text = super::text(rest);
    match first {
        b'R' => refusal(rest),
        b'A' => accepted(rest),
        b'N' => next_page(text),
        b'E' => connection_string(text),
        b'H' => signature(text),
        b'D' => date(text),
        b'P' => path(text),
        b'O' => assert_eq!(OperationContext::decode(text, &EDGE_KEY, "contoso"), None),
        b'U' => route(text),
        b'I' => identifier(text),
        b'M' => masks(text),
        b'W' => webhook(text),
        b'G' => handshake(text),
        _ => {}
    }
}

/// Two bytes of status, then a body.
fn refusal(bytes: &[u8]) {
    let Some((status, body)) = bytes.split_first_chunk() else {
        return;
    };
    let refusal = fuzzing::refusal(u16::from_le_bytes(*status), body);
    for text in [&refusal.code, &refusal.message] {
        assert!(super::digits_in_a_row(text) <= DIGITS_SHOWN_MAX, "{text}");
        assert!(text.chars().count() <= 400);
    }
    assert_eq!(refusal.sub_code(), refusal.code.parse().ok());
}

fn accepted(body: &[u8]) {
    for outcome in fuzzing::accepted(body) {
        if let Outcome::Accepted(Response::Participants(rows)) = outcome {
            for row in rows {
                let shown = row.participant.masked();
                let is_phone = row.participant.phone_number().is_some();
                assert!(
                    !is_phone || super::digits_in_a_row(&shown) <= DIGITS_SHOWN_MAX,
                    "{shown}"
                );
            }
        }
    }
    if let Ok(page) = serde_json::from_slice::<ParticipantsPage>(body) {
        let again = serde_json::to_string(&page).unwrap();
        assert_eq!(
            serde_json::from_str::<ParticipantsPage>(&again).unwrap(),
            page
        );
        if let Some(next) = &page.next_link {
            next_page(next);
        }
    }
    if let Ok(call) = serde_json::from_slice::<CallConnectionProperties>(body) {
        let again = serde_json::to_string(&call).unwrap();
        let read: CallConnectionProperties = serde_json::from_str(&again).unwrap();
        assert_eq!(read, call);
    }
}

fn next_page(link: &str) {
    if let Some((origin, target)) = fuzzing::next_page(&ENDPOINT, link) {
        assert_eq!(origin, "https://contoso.example");
        assert!(target.starts_with('/'), "{target}");
    }
}

fn connection_string(text: &str) {
    for plain_http in [PlainHttp::LoopbackOnly, PlainHttp::Anywhere] {
        let told = |text: &str| match Endpoint::from_connection_string(text, plain_http) {
            Ok(endpoint) => format!("{endpoint:?}"),
            Err(error) => error.to_string(),
        };
        let Some(key) = key_in(text) else {
            continue;
        };
        // With another key the message stays: the words of a message are no secret.
        let another = text.replace(key, &"k".repeat(key.len()));
        assert!(!told(text).contains(key) || told(&another).contains(key));
    }
}

/// What stands behind `accesskey=`, if it is long enough not to be met by chance.
fn key_in(text: &str) -> Option<&str> {
    let at = text.to_ascii_lowercase().find("accesskey=")?;
    let behind = text.get(at + "accesskey=".len()..)?;
    let key = behind.split([';', ' ', ',']).next()?;
    (key.len() >= 8 && text.matches(key).count() == 1).then_some(key)
}

/// A request as lines: method, target, headers, and behind an empty line the body.
fn signature(text: &str) {
    let key = AccessKey::from_base64(KEY).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let method = lines.next().unwrap_or_default();
    let target = lines.next().unwrap_or_default();
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let header = |name: &str| {
        let found = headers.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| *value)
    };
    if key.verify(method, target, header, body.as_bytes()).is_ok() {
        let date = header("x-ms-date").or_else(|| header("date")).unwrap();
        let host = header("host").unwrap();
        let signed = key.sign(method, target, host, date, body.as_bytes());
        let authorization = header("authorization").unwrap();
        let code = signed.authorization.rsplit_once("Signature=").unwrap().1;
        assert!(authorization.contains(code));
    }
    let signed = key.sign(method, target, "contoso.example", "now", body.as_bytes());
    let signed_header = |name: &str| match name {
        "authorization" => Some(signed.authorization.as_str()),
        "x-ms-date" => Some(signed.date.as_str()),
        "x-ms-content-sha256" => Some(signed.content_hash.as_str()),
        "host" => Some("contoso.example"),
        _ => None,
    };
    assert_eq!(
        key.verify(method, target, signed_header, body.as_bytes()),
        Ok(())
    );
}

fn date(text: &str) {
    let fresh_at = |now_ms| is_fresh(text, now_ms, Duration::from_secs(300));
    assert!(!(fresh_at(NOW_MS) && fresh_at(NOW_MS / 2)));
    // A date lies in the past of the last moment; seconds do not depend on the moment.
    let waits = [0, u64::MAX].map(|now_ms| fuzzing::retry_after(text, now_ms));
    assert!(waits[1] == Some(0) || waits[0] == waits[1]);
    if let Ok(at_ms) = text.parse() {
        assert!(
            is_fresh(&http_date(at_ms), at_ms, Duration::from_secs(1))
                || at_ms > 253_402_300_799_000
        );
    }
}

fn path(text: &str) {
    if let Some(claim) = CallbackPath::parse(text) {
        let shown = format!("{claim:?}");
        let token = text.rsplit('/').next().unwrap_or_default();
        assert!(token.len() < 16 || text.matches(token).count() > 1 || !shown.contains(token));
        if let Ok(path) = claim.verify(&EDGE_KEY) {
            assert_eq!(path.encode(&EDGE_KEY), text.trim_start_matches('/'));
        }
    }
}

fn route(text: &str) {
    let Some((method, path)) = text.split_once(' ') else {
        return;
    };
    if let Some(route) = Route::parse(method, path) {
        let written = route.path();
        assert_eq!(Route::parse(method, &written), Some(route));
    }
}

fn identifier(text: &str) {
    let identity = Identity::from_raw_id(text);
    assert_eq!(identity.raw_id(), text);
    if let Ok(identifier) = serde_json::from_str::<CommunicationIdentifier>(text) {
        let again = serde_json::to_string(&identifier).unwrap();
        let read: CommunicationIdentifier = serde_json::from_str(&again).unwrap();
        assert_eq!(read.resolve(), identifier.resolve());
    }
}

fn masks(text: &str) {
    assert!(super::digits_in_a_row(&mask_digits(text)) <= DIGITS_SHOWN_MAX);
    assert!(super::digits_in_a_row(&mask_phone(text)) <= 2);
    if text.starts_with("4:") {
        assert!(super::digits_in_a_row(&mask_raw_id(text)) <= 4);
    }
}

/// Query, then header values of the secret and of a bearer token, one a line.
fn webhook(text: &str) {
    let mut lines = text.lines();
    let query = lines.next();
    let mut headers = HeaderMap::new();
    for (name, value) in ["x-webhook-secret", "authorization"].into_iter().zip(lines) {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if AUTH.check(query, &headers).is_ok() {
        let given = query.unwrap_or_default();
        let in_header = headers
            .get("x-webhook-secret")
            .is_some_and(|value| value == WEBHOOK_SECRET);
        assert!(
            in_header || given.contains("code="),
            "let in without the secret"
        );
    }
}

fn handshake(text: &str) {
    let mut headers = HeaderMap::new();
    let Ok(value) = HeaderValue::from_str(text) else {
        return;
    };
    headers.insert("webhook-request-origin", value);
    if let Ok(delivery) = Delivery::parse(&Method::OPTIONS, &headers, b"") {
        let Delivery::Handshake { origin } = delivery else {
            panic!("a handshake gives {delivery:?}");
        };
        assert!(text.trim().eq_ignore_ascii_case(origin));
    }
}
