//! Checks a plugin's configuration against its schema and turns names into numbers.

use std::collections::BTreeMap;

use cordboard_contract::{NAME_ANNOTATION, v0_1::CONFIG_BYTES_MAX};
use jsonschema::{Validator, error::ValidationErrorKind};
use serde_json::{Map, Number, Value};

use crate::{
    error::ConfigProblem,
    names::{NameKind, Names, nearest},
};

/// Most problems that are told at once.
const PROBLEMS_MAX: usize = 32;

/// Where names stand in a configuration, by JSON Pointer: a string that is a name, or an object whose
/// keys are names.
type Marked = BTreeMap<String, NameKind>;

/// Checks a configuration and returns the JSON text for `configure`, with numbers for names. `schema`
/// is what `text` compiles to.
pub(crate) fn intern(
    schema: &Validator,
    text: &Value,
    config: &Value,
    names: &Names,
) -> Result<String, Vec<ConfigProblem>> {
    let mut misfits = misfits(schema, text, config);
    // The names in the rest are checked all the same.
    let rest;
    let config = if misfits.is_empty() {
        config
    } else {
        rest = without(config, &misfits);
        &rest
    };
    let evaluation = schema.evaluate(config);
    if !evaluation.flag().valid {
        misfits.truncate(PROBLEMS_MAX);
        return Err(misfits);
    }

    // An annotation below `propertyNames` is told with the place of the object.
    let marked: Marked = evaluation
        .iter_annotations()
        .filter_map(|entry| {
            let kind = entry.annotations.value().get(NAME_ANNOTATION)?.as_str()?;
            let place = entry.instance_location.as_str().to_owned();
            Some((place, NameKind::parse(kind)?))
        })
        .collect();

    let mut interning = Interning {
        marked: &marked,
        names,
        problems: Vec::new(),
    };
    let interned = interning.value(String::new(), config);
    let mut problems = misfits;
    problems.extend(interning.problems);
    let text = interned.to_string();
    if text.len() > CONFIG_BYTES_MAX {
        problems.push(ConfigProblem {
            path: String::new(),
            message: format!(
                "has {} bytes, at most {CONFIG_BYTES_MAX} are allowed",
                text.len()
            ),
            is_name: false,
        });
    }
    problems.truncate(PROBLEMS_MAX);
    if problems.is_empty() {
        Ok(text)
    } else {
        Err(problems)
    }
}

/// What does not fit the schema, by place.
fn misfits(schema: &Validator, text: &Value, config: &Value) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    for error in schema.iter_errors(config) {
        let path = error.instance_path().as_str();
        let mut tell = |path: String, message: String| {
            problems.push(ConfigProblem {
                path,
                message,
                is_name: false,
            });
        };
        let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() else {
            tell(path.to_owned(), error.to_string());
            continue;
        };
        let object = error.schema_path().as_str().rsplit_once('/');
        let known: Vec<&str> = object
            .and_then(|(object, _)| text.pointer(object)?.get("properties")?.as_object())
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default();
        for key in unexpected {
            let hint = match nearest(key, known.iter().copied()) {
                Some(near) => format!("; did you mean `{near}`?"),
                None if known.is_empty() => String::new(),
                None => format!("; known here: {}", known.join(", ")),
            };
            tell(
                format!("{path}/{}", escaped(key)),
                format!("unknown key `{key}`{hint}"),
            );
        }
    }
    problems.sort();
    problems.dedup();
    problems
}

/// Returns a configuration without what does not fit; of a list that has something in it, nothing is
/// left, so that everything else stays in its place.
fn without(config: &Value, misfits: &[ConfigProblem]) -> Value {
    let mut rest = config.clone();
    for misfit in misfits {
        let mut at = &mut rest;
        let mut steps = misfit.path.split('/').skip(1).map(unescaped).peekable();
        while let Some(step) = steps.next() {
            let Value::Object(members) = at else { break };
            let is_last = steps.peek().is_none();
            if is_last || members.get(&step).is_some_and(Value::is_array) {
                members.remove(&step);
                break;
            }
            let Some(member) = members.get_mut(&step) else {
                break;
            };
            at = member;
        }
    }
    rest
}

struct Interning<'a> {
    marked: &'a Marked,
    names: &'a Names,
    problems: Vec<ConfigProblem>,
}

impl Interning<'_> {
    fn value(&mut self, path: String, value: &Value) -> Value {
        match value {
            Value::String(name) => match self.marked.get(&path) {
                Some(&kind) => self
                    .number(kind, path, name)
                    .map_or(Value::Null, |number| Value::Number(Number::from(number))),
                None => value.clone(),
            },
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.value(format!("{path}/{index}"), item))
                .collect(),
            Value::Object(members) => self.members(&path, members),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn members(&mut self, path: &str, members: &Map<String, Value>) -> Value {
        let kind = self.marked.get(path).copied();
        let mut interned = Map::new();
        for (key, value) in members {
            let place = format!("{path}/{}", escaped(key));
            let value = self.value(place.clone(), value);
            let key = match kind {
                Some(kind) => match self.number(kind, place, key) {
                    Some(number) => number.to_string(),
                    None => continue,
                },
                None => key.clone(),
            };
            interned.insert(key, value);
        }
        Value::Object(interned)
    }

    fn number(&mut self, kind: NameKind, path: String, name: &str) -> Option<u32> {
        let found = self.names.of_kind(kind).get(name);
        if found.is_none() {
            let known = self.names.of_kind(kind).keys().map(String::as_str);
            let hint = nearest(name, known)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            self.problems.push(ConfigProblem {
                path,
                message: format!("there is no {} `{name}`{hint}", kind.name()),
                is_name: true,
            });
        }
        found.map(|symbol| symbol.0)
    }
}

/// Escapes a key for a JSON Pointer (RFC 6901, section 3).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key of a step of a JSON Pointer.
fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use cordboard_core::ids::Symbol;
    use serde_json::json;

    use super::*;
    use crate::schema::compile_schema;

    fn names() -> Names {
        let map = |entries: &[(&str, u32)]| {
            entries
                .iter()
                .map(|&(name, number)| (name.to_owned(), Symbol(number)))
                .collect()
        };
        Names {
            skills: map(&[("spanish", 7), ("a/b~c", 8)]),
            queues: map(&[("sales", 21)]),
            labels: map(&[("vip", 30)]),
        }
    }

    fn interned(schema: &Value, config: &Value) -> Result<Value, Vec<ConfigProblem>> {
        let compiled = compile_schema(schema).unwrap();
        intern(&compiled, schema, config, &names()).map(|text| serde_json::from_str(&text).unwrap())
    }

    fn skill() -> Value {
        json!({ "type": "string", "x-cordboard-name": "skill" })
    }

    #[test]
    fn marked_strings_become_numbers_wherever_the_schema_reaches_them() {
        let schema = json!({
            "$defs": { "queue": { "type": "string", "x-cordboard-name": "queue" } },
            "properties": {
                "queue": { "$ref": "#/$defs/queue" },
                "list": { "type": "array", "items": skill() },
                "either": { "oneOf": [{ "type": "integer" }, skill()] },
                "free": { "type": "string" }
            }
        });
        let config = json!({
            "queue": "sales", "list": ["spanish", "a/b~c"], "either": "spanish", "free": "sales"
        });
        assert_eq!(
            interned(&schema, &config).unwrap(),
            json!({ "queue": 21, "list": [7, 8], "either": 7, "free": "sales" })
        );
    }

    #[test]
    fn marked_keys_become_decimal_strings() {
        let schema = json!({
            "$defs": { "key": skill() },
            "properties": { "weights": {
                "type": "object",
                "propertyNames": { "$ref": "#/$defs/key" },
                "additionalProperties": { "type": "object", "properties": { "label": {
                    "x-cordboard-name": "label"
                } } }
            } }
        });
        let config = json!({ "weights": { "spanish": { "label": "vip" }, "a/b~c": {} } });
        assert_eq!(
            interned(&schema, &config).unwrap(),
            json!({ "weights": { "7": { "label": 30 }, "8": {} } })
        );
    }

    #[test]
    fn every_unknown_name_is_told_with_its_place() {
        let schema = json!({
            "additionalProperties": { "type": "array", "items": skill() },
            "propertyNames": { "x-cordboard-name": "queue" }
        });
        let problems = interned(&schema, &json!({ "sales": ["spanisch"], "a/b": [] })).unwrap_err();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "at `/a~1b`: there is no queue `a/b`",
                "at `/sales/0`: there is no skill `spanisch`; did you mean `spanish`?"
            ]
        );
    }

    #[test]
    fn what_the_schema_refuses_is_told_with_its_place() {
        let schema = json!({
            "properties": {
                "ring": { "type": "integer" },
                "inner": { "type": "object", "properties": { "a": {}, "b": {} }, "additionalProperties": false },
                "list": { "type": "array", "items": { "type": "integer" } },
                "skill": skill()
            },
            "additionalProperties": false
        });
        let config = json!({
            "ring": "10", "rnig": 1, "inner": { "nonsense": 1 }, "list": [1, "x"], "skill": "spanihs"
        });
        let problems = interned(&schema, &config).unwrap_err();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "at `/inner/nonsense`: unknown key `nonsense`; known here: a, b",
                "at `/list/1`: \"x\" is not of type \"integer\"",
                "at `/ring`: \"10\" is not of type \"integer\"",
                "at `/rnig`: unknown key `rnig`; did you mean `ring`?",
                "at `/skill`: there is no skill `spanihs`; did you mean `spanish`?",
            ]
        );
    }

    #[test]
    fn an_annotation_of_an_unknown_kind_is_an_error_of_the_schema() {
        let schema = json!({ "items": { "x-cordboard-name": "agent" } });
        let error = compile_schema(&schema).unwrap_err();
        assert!(error.contains("one of: skill, queue, label"), "{error}");
    }

    #[test]
    fn a_schema_cannot_refer_to_the_outside() {
        for reference in ["https://example.com/schema.json", "file:///etc/hostname"] {
            assert!(compile_schema(&json!({ "$ref": reference })).is_err());
        }
    }

    #[test]
    fn a_configuration_has_a_largest_size() {
        let config = json!({ "text": "x".repeat(CONFIG_BYTES_MAX) });
        let problems = interned(&json!({}), &config).unwrap_err();
        assert!(
            problems[0].message.contains("at most 1048576"),
            "{problems:?}"
        );
    }
}
