//! The JSON Schema of a plugin's configuration: it comes with the plugin, so it is as foreign as the
//! plugin's code, but it is not run in a sandbox.

use cordboard_contract::NAME_ANNOTATION;
use jsonschema::Validator;
use serde_json::Value;

use crate::names::NameKind;

/// Parts of a schema that are passed at most, where each `$ref` is followed as often as it is met.
const STEPS_MAX: u32 = 100_000;
/// How deep parts of a schema may stand in each other, where what a `$ref` leads to stands in it.
const DEPTH_MAX: usize = 200;

/// Compiles the schema of a plugin's configuration.
///
/// # Errors
///
/// Tells what is wrong with the schema, among it a name annotation of an unknown kind, and
/// references that would take too much time or stack.
pub(crate) fn compile_schema(schema: &Value) -> Result<Validator, String> {
    check_annotations(schema)?;
    let mut walk = Walk {
        root: schema,
        open: Vec::new(),
        steps: 0,
    };
    walk.pass(schema)?;
    // References lead nowhere but into the schema itself: the features that would read files or the
    // network are off.
    jsonschema::draft202012::new(schema).map_err(|error| error.to_string())
}

/// Refuses annotations that would be overlooked.
fn check_annotations(schema: &Value) -> Result<(), String> {
    match schema {
        Value::Object(members) => {
            if let Some(kind) = members.get(NAME_ANNOTATION)
                && kind.as_str().and_then(NameKind::parse).is_none()
            {
                let known = NameKind::ALL.map(NameKind::name).join(", ");
                return Err(format!(
                    "`{NAME_ANNOTATION}` is {kind}, it must be one of: {known}"
                ));
            }
            members.values().try_for_each(check_annotations)
        }
        Value::Array(items) => items.iter().try_for_each(check_annotations),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// Goes the ways that a validator may go, and gives up before a validator would run for ever or out
/// of stack: forty definitions of which each refers twice to the next are 2⁴⁰ steps, and a process
/// does not survive an overflow of its stack.
struct Walk<'a> {
    root: &'a Value,
    /// From the root to the current part.
    open: Vec<&'a Value>,
    steps: u32,
}

impl<'a> Walk<'a> {
    fn pass(&mut self, part: &'a Value) -> Result<(), String> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(format!(
                "its references make more than {STEPS_MAX} steps: let fewer of them lead to what has references itself"
            ));
        }
        if self.open.len() > DEPTH_MAX {
            return Err(format!(
                "its parts stand more than {DEPTH_MAX} deep in each other, references included"
            ));
        }
        self.open.push(part);
        match part {
            Value::Object(members) => {
                for (key, value) in members {
                    match (key.as_str(), value) {
                        ("$ref", Value::String(reference)) => self.follow(reference)?,
                        ("$dynamicRef", Value::String(_)) => {
                            return Err("`$dynamicRef` is not followed: use `$ref`".into());
                        }
                        ("$id", Value::String(_)) if self.open.len() > 1 => {
                            return Err("`$id` may stand at the top only".into());
                        }
                        _ => self.pass(value)?,
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.pass(item)?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        self.open.pop();
        Ok(())
    }

    fn follow(&mut self, reference: &str) -> Result<(), String> {
        let target = reference
            .strip_prefix('#')
            .and_then(|pointer| self.root.pointer(pointer))
            .ok_or_else(|| {
                format!(
                    "`$ref` to `{reference}` leads nowhere: it is like `#/$defs/name`, to a part of this schema"
                )
            })?;
        // A part that refers to itself, as trees do, is as deep as the configuration is.
        let is_open = self.open.iter().any(|open| std::ptr::eq(*open, target));
        if is_open { Ok(()) } else { self.pass(target) }
    }
}
