//! The JSON Schema of the configuration, made from the types that read it.

use super::v1::ConfigText;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::Value;

/// Returns the JSON Schema (2020-12) of configuration version 1, as published in
/// `schemas/config.v1.schema.json`.
#[must_use]
pub fn config_v1() -> Value {
    let generator = SchemaSettings::draft2020_12()
        .with_transform(WithoutNull)
        .into_generator();
    let mut schema = generator.into_root_schema_for::<ConfigText>();
    schema.insert(
        "title".to_owned(),
        "Cordboard configuration, version 1".into(),
    );
    schema.to_value()
}

/// What is optional is left out and never `null`: one way to write a thing is enough, and a schema
/// without alternatives gives clear errors.
#[derive(Clone)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        if let Some(Value::Array(types)) = object.get("type") {
            let rest: Vec<Value> = types
                .iter()
                .filter(|name| *name != "null")
                .cloned()
                .collect();
            if let [single] = rest.as_slice() {
                object.insert("type".to_owned(), single.clone());
            }
        }
        if object.get("default") == Some(&Value::Null) {
            object.remove("default");
        }
        let Some(Value::Array(choices)) = object.get("anyOf") else {
            return;
        };
        let rest: Vec<Value> = choices
            .iter()
            .filter(|choice| choice.get("type") != Some(&Value::from("null")))
            .cloned()
            .collect();
        if let [Value::Object(single)] = rest.as_slice() {
            object.remove("anyOf");
            object.extend(single.clone());
        }
    }
}
