use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::QueueId;

#[derive(Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
struct Config {
    name: Option<String>,
    #[serde(default)]
    rules: BTreeMap<QueueId, Vec<Rule>>,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(rename_all = "kebab-case")]
enum Rule {
    All,
    Some(u8),
    Between(u8, u8),
    Named { skill: u32 },
}

fn problem<T: DeserializeOwned>(text: &str) -> (String, String) {
    let error = read::<T>(text).err().unwrap();
    (error.path(), error.message().to_owned())
}

#[test]
fn a_typical_configuration_is_read() {
    let text = r#" {
        "name": null,
        "rules": { "17": ["all", { "some": 3 }, { "between": [1, 2] }, { "named": { "skill": 9 } }] }
    } "#;
    let rules = vec![
        Rule::All,
        Rule::Some(3),
        Rule::Between(1, 2),
        Rule::Named { skill: 9 },
    ];
    let expected = Config {
        name: None,
        rules: BTreeMap::from([(QueueId(17), rules)]),
    };
    assert_eq!(read::<Config>(text).unwrap(), expected);
}

#[test]
fn a_mistake_has_its_place() {
    let cases = [
        (r#"{ "nmae": "x" }"#, "", "unknown field `nmae`"),
        (
            r#"{ "name": 3 }"#,
            "/name",
            "found a whole number, expected a string",
        ),
        (
            r#"{ "rules": { "a": [] } }"#,
            "/rules",
            "found a string, expected u32",
        ),
        (
            r#"{ "rules": { "1": ["all", "none"] } }"#,
            "/rules/1/1",
            "unknown variant `none`",
        ),
        (
            r#"{ "rules": { "1": [{ "some": 300 }] } }"#,
            "/rules/1/0/some",
            "found `300`, expected u8",
        ),
        (
            r#"{ "rules": { "1": [{ "named": {} }] } }"#,
            "/rules/1/0/named",
            "missing field `skill`",
        ),
        (
            r#"{ "rules": { "1": [] "#,
            "/rules",
            "not JSON at byte 21: `,` is missing",
        ),
    ];
    for (text, path, message) in cases {
        let found = problem::<Config>(text);
        assert_eq!(found.0, path, "{text}: {}", found.1);
        assert!(found.1.contains(message), "{text}: {}", found.1);
    }
}

#[test]
fn steps_are_escaped_in_the_place() {
    type Nested = BTreeMap<String, BTreeMap<String, bool>>;
    let (path, _) = problem::<Nested>(r#"{ "a/b": { "c~d": 1 } }"#);
    assert_eq!(path, "/a~1b/c~0d");
}

#[test]
fn escapes_are_undone() {
    let text = r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 plain é""#;
    let expected = "\"\\/\u{8}\u{c}\n\r\té😀 plain é";
    assert_eq!(read::<String>(text).unwrap(), expected);
}

#[test]
fn what_is_no_json_is_refused() {
    let texts = [
        "",
        "{",
        "[1,]",
        "[1 2]",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "1e+-2",
        "--1",
        "tru",
        "nulll",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\u+123\"",
        "\"\u{1}\"",
        "\"",
        "\"\\",
        "1 2",
        "NaN",
        "[\u{a0}1]",
    ];
    for text in texts {
        assert!(read::<Value>(text).is_err(), "{text}");
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read::<Value>(&nested(64)).is_ok());
    assert!(problem::<Value>(&nested(65)).1.contains("64 levels"));
}

#[test]
fn numbers_are_exact_or_refused() {
    let exact = [
        ("0.1", 0.1),
        ("-2.5e3", -2_500.0),
        ("1E+22", 1e22),
        ("123456789012345e-22", 123_456_789_012_345e-22),
        ("0.0", 0.0),
    ];
    for (text, value) in exact {
        assert_eq!(Number::read(text), Some(Number::Fraction(value)), "{text}");
    }
    for text in [
        "1e23",
        "1.000000000000001",
        "1e-23",
        "0.1e-22",
        "1e99999999999",
    ] {
        assert_eq!(Number::read(text), None, "{text}");
    }
    assert_eq!(
        Number::read("18446744073709551615"),
        Some(Number::Whole(u64::MAX))
    );
    assert_eq!(Number::read("18446744073709551616"), None);
    assert_eq!(
        Number::read("-9223372036854775807"),
        Some(Number::Negative(-i64::MAX))
    );
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (i64::MIN + 1..0).prop_map(Value::from),
        (-9_999_999_i32..9_999_999, 0_u32..7).prop_map(|(digits, places)| {
            json!(f64::from(digits) / f64::from(10_u32.pow(places)))
        }),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn it_reads_what_a_writer_writes(value in value()) {
        prop_assert_eq!(&read::<Value>(&value.to_string()).unwrap(), &value);
        prop_assert_eq!(&read::<Value>(&format!("{value:#}")).unwrap(), &value);
    }

    #[test]
    fn it_agrees_with_another_reader_on_damaged_text(
        value in value(), at in any::<prop::sample::Index>(), letter in "[\\[\\]{}:,\"\\\\0-9a-z. -]",
    ) {
        let mut text: Vec<char> = value.to_string().chars().collect();
        let at = at.index(text.len());
        text[at] = letter.chars().next().unwrap();
        let text: String = text.into_iter().collect();
        let theirs = serde_json::from_str::<Value>(&text);
        match read::<Value>(&text) {
            Ok(ours) => prop_assert_eq!(ours, theirs.unwrap()),
            // It refuses the numbers that it could not read exactly.
            Err(error) => prop_assert!(theirs.is_err() || error.message().contains("no number")),
        }
    }
}
