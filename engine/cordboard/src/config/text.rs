//! From text to a JSON value, and from a place in the value back to line and column.

use super::problem::{Path, Position, Problem, Step};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;
use std::fmt;

/// Largest configuration text, in bytes.
pub const TEXT_BYTES_MAX: usize = 8 * 1_024 * 1_024;

/// Parses a text; refuses an object that has a key twice, because one of the two would be lost.
pub(crate) fn parse(text: &str) -> Result<Value, Problem> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Problem {
            path: String::new(),
            position: None,
            message: format!("is larger than {TEXT_BYTES_MAX} bytes; split the tenant"),
        });
    }
    if text.trim().is_empty() {
        return Err(Problem {
            path: String::new(),
            position: None,
            message: "is empty; a configuration is a JSON object, `{…}`".to_owned(),
        });
    }
    let error = match serde_json::from_str::<Strict>(text) {
        Ok(Strict(value)) => return Ok(value),
        Err(error) => error,
    };
    Err(Problem {
        path: String::new(),
        position: Some(Position {
            line: error.line(),
            column: error.column().max(1),
        }),
        message: format!("is not valid JSON: {}", cure(text, &error)),
    })
}

/// What is wrong and what to change, by what stands where the parser gave up.
fn cure(text: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "it ends too early; close every `\"`, `[` and `{`".to_owned();
    }
    let whole = error.to_string();
    let said = whole
        .rsplit_once(" at line ")
        .map_or(whole.as_str(), |(message, _)| message);
    // The parser counts bytes and points at the last one that it took.
    let line = text.split('\n').nth(error.line().saturating_sub(1));
    let before = error.column().saturating_sub(1);
    let rest = line.and_then(|line| line.get(before..)).unwrap_or_default();
    let cure = match rest.chars().next() {
        _ if said.contains("stands twice") => return said.to_owned(),
        _ if said.starts_with("control character") => {
            "a text does not go on in the next line; close it with `\"`, and write `\\n` or `\\t` for line ends and tabs"
        }
        _ if said.starts_with("invalid escape") => "write a backslash in a text twice, `\\\\`",
        _ if said.starts_with("trailing comma") => "remove the comma before this place",
        _ if said.starts_with("trailing characters") => {
            "remove what stands behind the end of the configuration, or the bracket that ends it too early"
        }
        Some('/' | '#') => "JSON has no comments; remove it",
        Some(',') => "remove one comma",
        Some('\'') => "write texts in double quotes, `\"…\"`",
        Some('"' | '{' | '[') if said.starts_with("expected `,`") => {
            "put a comma before this place"
        }
        Some(letter) if letter.is_alphabetic() && said.starts_with("key must") => {
            "write keys in double quotes, `\"…\"`"
        }
        Some(letter) if letter.is_alphabetic() => "write texts in double quotes, `\"…\"`",
        Some(_) | None => return said.to_owned(),
    };
    format!("{said}; {cure}")
}

/// Finds a place in the text that `value` was parsed from; for a place that is not there, the
/// nearest one around it.
pub(crate) fn locate(text: &str, path: &Path) -> Option<Position> {
    let mut rest = text.trim_start();
    let mut offset = offset_of(text, rest)?;
    for step in path.steps() {
        let inner = match step {
            Step::Key(key) => serde_json::from_str::<BTreeMap<String, &RawValue>>(rest)
                .ok()
                .and_then(|members| members.get(key.as_str()).copied()),
            Step::Index(index) => serde_json::from_str::<Vec<&RawValue>>(rest)
                .ok()
                .and_then(|elements| elements.get(*index).copied()),
        };
        let Some(inner) = inner else { break };
        rest = inner.get();
        let value_at = offset_of(text, rest)?;
        offset = match step {
            Step::Key(_) => key_before(text, value_at).unwrap_or(value_at),
            Step::Index(_) => value_at,
        };
    }
    let before = text.get(..offset)?;
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Some(Position {
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..)?.chars().count() + 1,
    })
}

fn offset_of(text: &str, part: &str) -> Option<usize> {
    (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)
}

/// Finds where the key begins whose value begins at `value_at`.
fn key_before(text: &str, value_at: usize) -> Option<usize> {
    let before = text.get(..value_at)?.trim_end().strip_suffix(':')?;
    let mut quotes = before.trim_end().strip_suffix('"')?;
    loop {
        let quote = quotes.rfind('"')?;
        let head = quotes.get(..quote)?;
        let escapes = head.len() - head.trim_end_matches('\\').len();
        if escapes % 2 == 0 {
            return Some(quote);
        }
        quotes = head;
    }
}

/// A JSON value without an object that has a key twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that JSON cannot hold"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(element)) = elements.next_element()? {
            array.push(element);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!(
                    "the key `{key}` stands twice in one object; rename or remove one"
                )));
            }
            let Strict(value) = members.next_value()?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n  \"a\": [1, {\"b\\\"c\": 2}],\n  \"ü\": 3 }";

    #[test]
    fn a_key_is_found_where_it_begins() {
        let path = Path::root().key("a").index(1).key("b\"c");
        assert_eq!(
            locate(TEXT, &path),
            Some(Position {
                line: 2,
                column: 13
            })
        );
        let path = Path::root().key("ü");
        assert_eq!(locate(TEXT, &path), Some(Position { line: 3, column: 3 }));
    }

    #[test]
    fn what_is_missing_is_placed_at_what_lacks_it() {
        let path = Path::root().key("a").index(1).key("missing");
        assert_eq!(
            locate(TEXT, &path),
            Some(Position {
                line: 2,
                column: 12
            })
        );
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_with_its_place() {
        let problem = parse("{\"x\": 1,\n \"x\": 2}").unwrap_err();
        assert_eq!(problem.position.unwrap().line, 2);
        assert!(problem.message.contains("`x` stands twice"), "{problem}");
    }

    #[test]
    fn what_is_no_json_is_told_with_what_to_change() {
        for (text, line, column, cure) in [
            (
                "{\n  // the tenant\n  \"a\": 1 }",
                2,
                3,
                "JSON has no comments",
            ),
            (
                "{\n  # the tenant\n  \"a\": 1 }",
                2,
                3,
                "JSON has no comments",
            ),
            ("{ \"a\": /* one */ 1 }", 1, 8, "JSON has no comments"),
            ("{ \"a\": 1,, \"b\": 2 }", 1, 10, "remove one comma"),
            ("{ \"a\": [1,,2] }", 1, 11, "remove one comma"),
            ("{ \"a\": 1, }", 1, 11, "remove the comma before"),
            ("{ \"a\": 'x' }", 1, 8, "double quotes"),
            ("{ a: 1 }", 1, 3, "write keys in double quotes"),
            ("{ \"a\": x }", 1, 8, "write texts in double quotes"),
            ("{ \"a\": 1 \"b\": 2 }", 1, 10, "put a comma before"),
            ("{ \"a\": \"x\n\" }", 2, 1, "close it with"),
            ("{ \"a\": \"C:\\dir\" }", 1, 12, "twice"),
            ("{ \"a\": 1 } }", 1, 12, "behind the end"),
            ("{ \"a\": [1, 2", 1, 12, "ends too early"),
        ] {
            let problem = parse(text).unwrap_err();
            assert!(problem.message.contains(cure), "{text}: {problem}");
            assert_eq!(problem.position, Some(Position { line, column }), "{text}");
        }
        let problem = parse(" \n").unwrap_err();
        assert!(problem.to_string().starts_with("is empty"), "{problem}");
    }

    #[test]
    fn values_are_those_of_serde_json() {
        let text = r#"{"a":[true,null,-1,18446744073709551615,1.5,"x"],"b":{}}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(parse(text).unwrap(), value);
    }
}
