//! Checks a value against the schema and says, in the words of a person, what does not fit.

use super::problem::{Path, Step};
use super::schema;
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
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
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| format!("; did you mean `{candidate}`?"))
        .unwrap_or_default()
}

fn collect(error: &ValidationError<'_>, schema: &Value, misfits: &mut Vec<Misfit>) {
    let path = path_of(error);
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

fn message(error: &ValidationError<'_>) -> String {
    let instance = shown(error.instance());
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            format!("lacks `{}`; add it", property.as_str().unwrap_or("?"))
        }
        ValidationErrorKind::Type { kind } => {
            let wanted = match kind {
                TypeKind::Single(wanted) => wanted.to_string(),
                TypeKind::Multiple(several) => several
                    .iter()
                    .map(|wanted| wanted.to_string())
                    .collect::<Vec<_>>()
                    .join(" or "),
            };
            format!("{instance} should be of type {wanted}")
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
