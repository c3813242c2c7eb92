//! Checks a value against the schema and says, in the words of a person, what does not fit.

use super::problem::{Path, Step};
use super::schema;
use cordboard_plugin_host::nearest;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

/// Returns everything that does not fit the schema, in the order of the document.
pub(crate) fn check(value: &Value) -> Vec<Misfit> {
    let schema = schema::config_v1();
    let validator = match jsonschema::draft202012::options().build(&schema) {
        Ok(validator) => validator,
        Err(error) => {
            return vec![Misfit {
                path: Path::root(),
                message: format!("the built-in schema is broken: {error}"),
                unknown_key: false,
            }];
        }
    };
    let mut misfits = Vec::new();
    for error in validator.iter_errors(value) {
        collect(&error, &schema, &mut misfits);
    }
    misfits.sort();
    misfits.dedup();
    misfits
}

/// Where the schema of a secret stands.
const SECRET: &str = "/$defs/SecretRef/";

/// Something that does not fit the schema.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Misfit {
    pub(crate) path: Path,
    pub(crate) message: String,
    /// It is a key too many: the rest of its object may be fine.
    pub(crate) unknown_key: bool,
}

/// Returns ``; did you mean `x`?`` for a name that is nearly one of those known.
pub(crate) fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known)
        .map(|candidate| format!("; did you mean `{candidate}`?"))
        .unwrap_or_default()
}

fn collect(error: &ValidationError<'_>, schema: &Value, misfits: &mut Vec<Misfit>) {
    let path = path_of(error);
    if error.schema_path().as_str().starts_with(SECRET) {
        misfits.push(Misfit {
            path,
            message: message_on_secret(error),
            unknown_key: false,
        });
        return;
    }
    if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
        let known = known_keys(error, schema);
        for key in unexpected {
            let hint = suggestion(key, known.iter().map(String::as_str));
            let hint = if hint.is_empty() && !known.is_empty() {
                format!("; known here: {}", known.join(", "))
            } else {
                hint
            };
            misfits.push(Misfit {
                path: path.key(key),
                message: format!("unknown key `{key}`{hint}"),
                unknown_key: true,
            });
        }
        return;
    }
    misfits.push(Misfit {
        path,
        message: message(error),
        unknown_key: false,
    });
}

/// What stands where a secret belongs may be the secret itself, keys included: nothing of it is repeated.
fn message_on_secret(error: &ValidationError<'_>) -> String {
    let what = match error.kind() {
        ValidationErrorKind::Type { .. } => match path_of(error).steps().last() {
            Some(Step::Key(key)) if ["env", "file", "value"].contains(&key.as_str()) => {
                return message(error);
            }
            _ => format!(
                "is {}, not the place of a secret",
                kind_of(error.instance())
            ),
        },
        ValidationErrorKind::AdditionalProperties { .. } => "has an unknown key".to_owned(),
        ValidationErrorKind::MinProperties { .. } => "is empty".to_owned(),
        _ => "has several members".to_owned(),
    };
    format!(
        "{what}; write `{{\"env\": \"NAME\"}}` with the environment variable that holds the secret, or \
         `{{\"file\": \"PATH\"}}` with the file"
    )
}

/// What does not fit. A value of the wrong type is never repeated: it may be a secret that stands one level too high.
fn message(error: &ValidationError<'_>) -> String {
    let instance = shown(error.instance());
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            format!("lacks `{}`; add it", property.as_str().unwrap_or("?"))
        }
        ValidationErrorKind::Type { kind } => {
            let wanted = match kind {
                TypeKind::Single(wanted) => type_name(*wanted).to_owned(),
                TypeKind::Multiple(several) => several
                    .iter()
                    .map(type_name)
                    .collect::<Vec<_>>()
                    .join(" or "),
            };
            format!("is {}; it should be {wanted}", kind_of(error.instance()))
        }
        ValidationErrorKind::Minimum { limit } => {
            format!("{instance} is too small; the least is {limit}")
        }
        ValidationErrorKind::Maximum { limit } => {
            format!("{instance} is too large; the most is {limit}")
        }
        ValidationErrorKind::MinItems { limit } => {
            format!("has too few elements; it needs at least {limit}")
        }
        ValidationErrorKind::MaxItems { limit } => {
            format!("has too many elements; it may have {limit}")
        }
        ValidationErrorKind::MinProperties { .. } => "is empty; give exactly one member".to_owned(),
        ValidationErrorKind::MaxProperties { .. } => {
            "has several members; give exactly one".to_owned()
        }
        ValidationErrorKind::Constant { expected_value } => {
            format!("{instance} can only be {expected_value}")
        }
        ValidationErrorKind::Pattern { pattern } => {
            format!("{instance} does not match the pattern `{pattern}`")
        }
        ValidationErrorKind::OneOfNotValid { context } => {
            let choices: Vec<String> = context
                .iter()
                .flatten()
                .filter_map(|inner| match inner.kind() {
                    ValidationErrorKind::Constant { expected_value } => Some(shown(expected_value)),
                    _ => None,
                })
                .collect();
            format!("{instance} is not one of {}", choices.join(", "))
        }
        ValidationErrorKind::Enum { options } => {
            let choices: Vec<String> = options
                .as_array()
                .into_iter()
                .flatten()
                .map(shown)
                .collect();
            format!("{instance} is not one of {}", choices.join(", "))
        }
        _ => format!("does not fit: {}", error.masked()),
    }
}

fn type_name(name: JsonType) -> &'static str {
    match name {
        JsonType::Array => "a list",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Integer => "a whole number",
        JsonType::Null => "`null`",
        JsonType::Number => "a number",
        JsonType::Object => "an object (`{…}`)",
        JsonType::String => "a text (in quotes)",
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "`null`",
        Value::Bool(_) => "a truth value",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A short form of a value for messages.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
    }
}

fn path_of(error: &ValidationError<'_>) -> Path {
    let steps: Vec<Step> = error
        .instance_path()
        .into_iter()
        .map(|segment| match segment {
            LocationSegment::Property(key) => Step::Key(key.into_owned()),
            LocationSegment::Index(index) => Step::Index(index),
        })
        .collect();
    Path::from(steps)
}

/// The keys that the object around an unknown key may have.
fn known_keys(error: &ValidationError<'_>, schema: &Value) -> Vec<String> {
    let location = error.schema_path().as_str();
    let Some((object, _)) = location.rsplit_once('/') else {
        return Vec::new();
    };
    schema
        .pointer(object)
        .and_then(|object| object.get("properties"))
        .and_then(Value::as_object)
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}
