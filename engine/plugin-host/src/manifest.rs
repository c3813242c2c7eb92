//! Checks the manifest of a plugin against its component and the contract.

use std::collections::BTreeMap;

use cordboard_contract::{
    manifest::Manifest,
    v0_1::{self, Point},
};

use crate::{error::LoadError, guest::one_line};

/// Longest name of a plugin, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// Longest version of a plugin, in bytes.
const VERSION_BYTES_MAX: usize = 64;
/// Longest description and longest text of a reason, in bytes.
const TEXT_BYTES_MAX: usize = 512;
/// Most calls that a warm instance may ask for.
const WARM_CALLS_MAX: u32 = 1_000_000;

/// Parses a manifest and checks it, without the decision points.
pub(crate) fn parse(text: &str) -> Result<Manifest, LoadError> {
    let wrong = |what: String| LoadError::Manifest(what);
    let manifest: Manifest =
        // The error quotes names that the text has.
        serde_json::from_str(text).map_err(|error| {
            let told = one_line(&error.to_string(), TEXT_BYTES_MAX);
            wrong(format!("cannot be read: {told}"))
        })?;
    if manifest.contract != v0_1::VERSION_NAME {
        return Err(LoadError::ContractVersion {
            name: format!("\"contract\": \"{}\"", manifest.contract),
            supported: v0_1::PACKAGE,
        });
    }
    if !is_name(&manifest.name) {
        return Err(wrong(format!(
            "has the name `{}`: a name has 1 to {NAME_BYTES_MAX} lower-case letters, digits and hyphens",
            shown(&manifest.name)
        )));
    }
    if manifest.version.is_empty()
        || manifest.version.len() > VERSION_BYTES_MAX
        || !manifest.version.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Err(wrong(format!(
            "has the version `{}`: a version is like `1.0.0`, at most {VERSION_BYTES_MAX} bytes",
            shown(&manifest.version)
        )));
    }
    if manifest.description.len() > TEXT_BYTES_MAX
        || manifest.description.contains(char::is_control)
    {
        return Err(wrong(format!(
            "has a wrong description: it is one line of at most {TEXT_BYTES_MAX} bytes, this one has {}",
            manifest.description.len()
        )));
    }
    for (&code, text) in &manifest.reasons {
        let fits = (1..=TEXT_BYTES_MAX).contains(&text.len()) && !text.contains(char::is_control);
        if code == 0 || code > v0_1::REASON_MAX || !fits {
            return Err(wrong(format!(
                "has a wrong reason `{code}`: codes are 1 to {}, texts one line of 1 to {TEXT_BYTES_MAX} bytes",
                v0_1::REASON_MAX
            )));
        }
    }
    if let Some(calls) = manifest.warm_calls
        && !(1..=WARM_CALLS_MAX).contains(&calls)
    {
        return Err(wrong(format!(
            "has `warm_calls` {calls}: it is 1 to {WARM_CALLS_MAX}, or left out for fresh instances"
        )));
    }
    Ok(manifest)
}

/// Returns the column masks of the decision points; `reads` must name exactly the exported ones.
pub(crate) fn columns(
    manifest: &Manifest,
    points: &[Point],
) -> Result<BTreeMap<Point, u32>, LoadError> {
    for name in manifest.reads.keys() {
        if !points.iter().any(|point| point.name() == name) {
            return Err(LoadError::Manifest(format!(
                "reads columns for `{}`, which the component does not export",
                shown(name)
            )));
        }
    }
    let mut masks = BTreeMap::new();
    for &point in points {
        let Some(names) = manifest.reads.get(point.name()) else {
            return Err(LoadError::Manifest(format!(
                "does not say in `reads` which columns `{}` wants; `[]` is an answer",
                point.name()
            )));
        };
        // The first column is part of every row.
        let mut mask = u32::from(!point.columns().is_empty());
        for name in names {
            let Some(number) = point.columns().iter().position(|column| column == name) else {
                return Err(LoadError::Manifest(format!(
                    "reads column `{}` for `{}`, which has: {}",
                    shown(name),
                    point.name(),
                    point.columns().join(", ")
                )));
            };
            mask |= 1 << number;
        }
        masks.insert(point, mask);
    }
    Ok(masks)
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(fits)
}

/// Makes foreign text fit for a message.
fn shown(text: &str) -> String {
    text.chars()
        .take(NAME_BYTES_MAX)
        .flat_map(char::escape_debug)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn manifest(change: impl FnOnce(&mut Value)) -> Result<Manifest, LoadError> {
        let mut value = json!({
            "contract": "0.1", "name": "levels", "version": "1.0.0",
            "reasons": { "1": "fits" },
            "reads": { "skill-match": ["levels"] },
            "config_schema": {},
        });
        change(&mut value);
        parse(&value.to_string())
    }

    #[test]
    fn each_rule_is_told() {
        type Change = fn(&mut Value);
        let cases: [(Change, &str); 10] = [
            (
                |m| m["name"] = json!("Vip Plugin"),
                "has the name `Vip Plugin`",
            ),
            (|m| m["version"] = json!(""), "has the version ``"),
            (
                |m| m["reasons"] = json!({"1024": "x"}),
                "wrong reason `1024`",
            ),
            (|m| m["reasons"] = json!({"1": ""}), "wrong reason `1`"),
            (
                |m| m["reasons"] = json!({"1": "a\u{1b}[2J"}),
                "wrong reason `1`",
            ),
            (
                |m| m["description"] = json!("two\nlines"),
                "wrong description",
            ),
            (|m| m["warm_calls"] = json!(0), "`warm_calls` 0"),
            (
                |m| m["contract"] = json!("0.2"),
                "this host speaks cordboard:plugin@0.1.0",
            ),
            (|m| m["reads"] = json!(1), "cannot be read"),
            (|m| m["a\u{1b}[2Jb"] = json!(1), "unknown field `a [2Jb`"),
        ];
        for (change, expected) in cases {
            let error = manifest(change).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn reads_names_exactly_the_exported_points_and_their_columns() {
        let good = manifest(|_| {}).unwrap();
        let masks = columns(&good, &[Point::SkillMatch]).unwrap();
        assert_eq!(masks[&Point::SkillMatch], 0b1_0001);

        let error = columns(&good, &[Point::ContactSelect]).unwrap_err();
        assert!(error.to_string().contains("does not export"), "{error}");
        let error = columns(&good, &[Point::SkillMatch, Point::RecordingPolicy]).unwrap_err();
        assert!(
            error.to_string().contains("does not say in `reads`"),
            "{error}"
        );
        let unknown = manifest(|m| m["reads"] = json!({"skill-match": ["salary"]})).unwrap();
        let error = columns(&unknown, &[Point::SkillMatch]).unwrap_err();
        assert!(
            error.to_string().contains("reads column `salary`"),
            "{error}"
        );
    }
}
