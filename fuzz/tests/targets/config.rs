//! Configurations: from text to what the core gets.
//!
//! Behind the first zero byte, if there is one, stands the content of the audio file `fuzz.wav`.

use cordboard::config::{AUDIO_RATE, Memory, TEXT_BYTES_MAX, compile};
use serde_json::Value;
use std::sync::LazyLock;

/// A quarter of a second of silence in the only form that is played.
pub(crate) static MUSIC: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let bytes = AUDIO_RATE / 2;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(AUDIO_RATE.to_le_bytes());
    file.extend((2 * AUDIO_RATE).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(bytes.to_le_bytes());
    file.resize(44 + usize::try_from(bytes).unwrap(), 0);
    file
});

/// Members whose `value` is a secret.
const SECRETS: [&str; 3] = ["connection_string", "event_grid_secrets", "token"];

/// The shortest secret that is looked for in messages; a shorter one may be there by chance.
const SECRET_CHARS_MIN: usize = 8;

pub(crate) fn run(bytes: &[u8]) {
    let (text, sound) = match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, MUSIC.as_slice()),
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let mut source = Memory::default()
        .with_variable(
            "TEST_CONNECTION_STRING",
            "endpoint=https://contoso.example/;accesskey=c2VjcmV0LWtleQ==",
        )
        .with_variable("TEST_SECRET", "a-long-enough-secret")
        .with_variable("TEST_OTHER_SECRET", "another-long-secret")
        .with_file("prompts/fuzz.wav", sound);
    for name in ["music", "hello", "bye", "menu"] {
        source = source.with_file(format!("prompts/{name}.wav"), MUSIC.as_slice());
    }
    match compile(text, None, &source) {
        Ok(compiled) => {
            assert!(text.len() <= TEXT_BYTES_MAX);
            let again = compile(text, Some(&compiled.config.symbols), &source);
            let again = again.expect("what is good stays good");
            assert_eq!(again.config, compiled.config);
            for secret in secrets(text) {
                assert!(
                    !format!("{compiled:?}").contains(&secret),
                    "a secret is shown"
                );
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            let secrets = secrets(text);
            for problem in problems {
                let told = problem.to_string();
                assert!(!problem.message.is_empty());
                assert!(
                    !secrets.iter().any(|secret| told.contains(secret)),
                    "{told}"
                );
                if let Some(position) = problem.position {
                    assert!(position.line >= 1 && position.column >= 1);
                    assert!(position.line <= text.matches('\n').count() + 1, "{problem}");
                }
            }
        }
    }
}

/// The secrets that a text holds in their places and nowhere else.
fn secrets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        collect(&value, false, &mut found);
    }
    found.retain(|secret| {
        secret.len() >= SECRET_CHARS_MIN && text.matches(secret.as_str()).count() == 1
    });
    found
}

fn collect(value: &Value, is_secret: bool, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if is_secret && name == "value" => found.push(text.clone()),
                    _ => collect(member, SECRETS.contains(&name.as_str()), found),
                }
            }
        }
        Value::Array(elements) => {
            for element in elements {
                collect(element, is_secret, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
