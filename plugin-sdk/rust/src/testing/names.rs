//! Names and their numbers, as the host has them.

use std::collections::BTreeMap;
use std::fmt;

use cordboard_contract::NAME_ANNOTATION;
use serde_json::Value;

use crate::{LabelId, QueueId, SkillId};

/// Names of skills, queues and labels with their numbers.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<String, u32>);

impl Names {
    /// Numbers the names in their order, from 1.
    #[must_use]
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(str::to_owned).zip(1..).collect())
    }

    /// The number of a name.
    ///
    /// # Panics
    /// When the name is unknown.
    #[must_use]
    pub fn number(&self, name: &str) -> u32 {
        *self
            .0
            .get(name)
            .unwrap_or_else(|| panic!("unknown name `{name}`"))
    }

    /// The number of a queue.
    ///
    /// # Panics
    /// When the name is unknown.
    #[must_use]
    pub fn queue(&self, name: &str) -> QueueId {
        QueueId(self.number(name))
    }

    /// The number of a skill.
    ///
    /// # Panics
    /// When the name is unknown.
    #[must_use]
    pub fn skill(&self, name: &str) -> SkillId {
        SkillId(self.number(name))
    }

    /// The number of a label's key or value.
    ///
    /// # Panics
    /// When the name is unknown.
    #[must_use]
    pub fn label(&self, name: &str) -> LabelId {
        LabelId(self.number(name))
    }

    /// Replaces every name that the schema marks by its number.
    pub(super) fn replace(&self, schema: &Value, config: Value) -> Result<Value, UnknownName> {
        self.replace_below(schema, schema, config)
    }

    fn replace_below(
        &self,
        root: &Value,
        schema: &Value,
        config: Value,
    ) -> Result<Value, UnknownName> {
        if let Some(pointer) = schema.get("$ref").and_then(Value::as_str) {
            let target = root.pointer(pointer.trim_start_matches('#'));
            let target = target.unwrap_or_else(|| panic!("`{pointer}` is not in the schema"));
            return self.replace_below(root, target, config);
        }
        match config {
            Value::String(name) if schema.get(NAME_ANNOTATION).is_some() => {
                Ok(self.find(name)?.into())
            }
            Value::Array(items) => {
                let schema = schema.get("items").unwrap_or(&Value::Null);
                let items = items.into_iter();
                items
                    .map(|item| self.replace_below(root, schema, item))
                    .collect()
            }
            Value::Object(members) => {
                let are_names = schema
                    .get("propertyNames")
                    .is_some_and(|keys| keys.get(NAME_ANNOTATION).is_some());
                let members = members.into_iter().map(|(key, value)| {
                    let schema = schema
                        .get("properties")
                        .and_then(|properties| properties.get(&key))
                        .or_else(|| schema.get("additionalProperties"))
                        .unwrap_or(&Value::Null);
                    let value = self.replace_below(root, schema, value)?;
                    let key = if are_names {
                        self.find(key)?.to_string()
                    } else {
                        key
                    };
                    Ok((key, value))
                });
                members.collect()
            }
            plain => Ok(plain),
        }
    }

    fn find(&self, name: String) -> Result<u32, UnknownName> {
        self.0.get(&name).copied().ok_or(UnknownName(name))
    }
}

/// A configuration has a name that nothing in the tenant has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct UnknownName(String);

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown name `{}`", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn marked_strings_and_keys_become_numbers() {
        let schema = json!({
            "properties": {
                "plain": { "type": "string" },
                "one": { "type": "string", "x-cordboard-name": "skill" },
                "some": { "items": { "$ref": "#/$defs/skill" } },
                "queues": {
                    "propertyNames": { "x-cordboard-name": "queue" },
                    "additionalProperties": {
                        "properties": { "skill": { "$ref": "#/$defs/skill" } },
                    },
                },
            },
            "$defs": { "skill": { "type": "string", "x-cordboard-name": "skill" } },
        });
        let names = Names::new(["a", "b", "q"]);
        let config = json!({
            "plain": "a", "one": "b", "some": ["a", "b"], "queues": { "q": { "skill": "a" } },
        });
        let expected = json!({
            "plain": "a", "one": 2, "some": [1, 2], "queues": { "3": { "skill": 1 } },
        });
        assert_eq!(names.replace(&schema, config), Ok(expected));
        let unknown = names.replace(&schema, json!({ "one": "c" })).unwrap_err();
        assert_eq!(unknown.to_string(), "unknown name `c`");
    }
}
