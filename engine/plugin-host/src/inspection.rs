//! What can be told of a component without running it: all that is wrong with it at once, where
//! loading stops at the first mistake.

use std::collections::{BTreeMap, BTreeSet};

use cordboard_contract::{NAME_ANNOTATION, manifest::Manifest, v0_1::Point};
use serde_json::Value;

use crate::{component, digest::Digest, error::LoadError, manifest, schema};

/// What was found in the bytes of a component.
#[derive(Debug)]
pub struct Inspection {
    /// Its size, in bytes.
    pub bytes: u64,
    /// Its digest.
    pub digest: Digest,
    /// What it imports, as it names it.
    pub imports: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
    /// The decision points among that.
    pub points: Vec<Point>,
    /// The manifest, if it can be read.
    pub manifest: Option<Manifest>,
    /// By decision point, the columns that its rows have, the one that is always there among them.
    pub columns: BTreeMap<Point, Vec<&'static str>>,
    /// All that keeps it from being loaded, as far as that can be seen without running it.
    pub problems: Vec<LoadError>,
}

/// Reads the bytes of a component, of at most `bytes_max`.
#[must_use]
pub fn inspect(bytes: &[u8], bytes_max: u64) -> Inspection {
    let mut inspection = Inspection {
        bytes: bytes.len() as u64,
        digest: Digest::of(bytes),
        imports: Vec::new(),
        exports: Vec::new(),
        points: Vec::new(),
        manifest: None,
        columns: BTreeMap::new(),
        problems: Vec::new(),
    };
    let examined = match component::examine(bytes, bytes_max) {
        Ok(examined) => examined,
        Err(error) => {
            inspection.problems.push(error);
            return inspection;
        }
    };
    inspection.imports = examined.imports;
    inspection.exports = examined.exports;
    inspection.points = examined.points;
    inspection.problems = examined.problems;
    match examined.manifest.and_then(|text| manifest::parse(&text)) {
        Ok(manifest) => inspection.read(manifest),
        Err(error) => inspection.problems.push(error),
    }
    inspection
}

impl Inspection {
    fn read(&mut self, manifest: Manifest) {
        match manifest::columns(&manifest, &self.points) {
            Ok(masks) => {
                let named = masks.into_iter().map(|(point, mask)| {
                    let columns = point.columns().iter().enumerate();
                    let read = columns.filter(|(number, _)| mask >> number & 1 == 1);
                    (point, read.map(|(_, name)| *name).collect())
                });
                self.columns = named.collect();
            }
            Err(error) => self.problems.push(error),
        }
        if let Err(error) = schema::compile_schema(&manifest.config_schema) {
            self.problems.push(LoadError::Manifest(format!(
                "has a wrong `config_schema`: {error}"
            )));
        }
        self.manifest = Some(manifest);
    }
}

/// The names of skills, queues and labels in a configuration, as its schema marks them. None where
/// the schema is wrong or the configuration does not fit it: loading tells why.
#[must_use]
pub fn names_in(config_schema: &Value, config: &Value) -> BTreeSet<String> {
    let Ok(schema) = schema::compile_schema(config_schema) else {
        return BTreeSet::new();
    };
    let evaluation = schema.evaluate(config);
    let marked = evaluation.iter_annotations().filter(|entry| {
        let annotations = entry.annotations.value();
        annotations.get(NAME_ANNOTATION).is_some()
    });
    let mut names = BTreeSet::new();
    for entry in marked {
        match config.pointer(entry.instance_location.as_str()) {
            Some(Value::String(name)) => drop(names.insert(name.clone())),
            // An annotation below `propertyNames` is told with the place of the object.
            Some(Value::Object(members)) => names.extend(members.keys().cloned()),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_marked_strings_and_keys() {
        let schema = json!({
            "properties": {
                "plain": { "type": "string" },
                "some": { "items": { "x-cordboard-name": "skill" } },
                "queues": { "propertyNames": { "x-cordboard-name": "queue" } },
            },
        });
        let config = json!({ "plain": "a", "some": ["b", "c"], "queues": { "d": 1 } });
        let names: Vec<String> = names_in(&schema, &config).into_iter().collect();
        assert_eq!(names, ["b", "c", "d"]);
    }
}
