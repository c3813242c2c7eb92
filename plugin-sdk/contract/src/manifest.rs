//! The manifest: what is known of a plugin without running it.
//!
//! It stands as JSON in the custom section [`MANIFEST_SECTION`](crate::MANIFEST_SECTION):
//!
//! ```json
//! {
//!   "contract": "0.1",
//!   "name": "skill-levels",
//!   "version": "1.0.0",
//!   "description": "Ranks agents by weighted skill levels.",
//!   "reasons": { "1": "meets every requirement", "2": "below the lowest level" },
//!   "reads": { "skill-match": ["idle-ms", "levels"] },
//!   "warm_calls": 1000,
//!   "config_schema": { "type": "object", "additionalProperties": false }
//! }
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The manifest of a plugin, as written; the host checks it when it loads the plugin.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The contract version that the plugin is written for, `0.1`.
    pub contract: String,
    /// The plugin's name: lower-case letters, digits and hyphens, at most 64 of them.
    pub name: String,
    /// The plugin's own version, semver.
    pub version: String,
    /// One sentence for people, at most 512 bytes.
    #[serde(default)]
    pub description: String,
    /// The texts of the reason codes (1 to 1,023, as decimal keys) that verdicts use.
    #[serde(default)]
    pub reasons: BTreeMap<u32, String>,
    /// By decision point, the columns to pack besides the first, which is always there. It names
    /// exactly the decision points that the plugin exports.
    pub reads: BTreeMap<String, Vec<String>>,
    /// Asks for warm instances: each serves up to this many calls, 1 to 1,000,000. Without it every
    /// decision gets a fresh instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_calls: Option<u32>,
    /// The JSON Schema (2020-12) of the configuration. Strings that name a skill, a queue or a
    /// label carry the annotation [`NAME_ANNOTATION`](crate::NAME_ANNOTATION).
    pub config_schema: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
        "contract": "0.1", "name": "skill-levels", "version": "1.0.0",
        "reasons": { "2": "below the lowest level" },
        "reads": { "skill-match": ["idle-ms"] },
        "config_schema": { "type": "object" }
    }"#;

    #[test]
    fn reason_codes_are_decimal_keys() {
        let manifest: Manifest = serde_json::from_str(TEXT).unwrap();
        assert_eq!(manifest.reasons[&2], "below the lowest level");
        assert_eq!(manifest.warm_calls, None);
    }

    #[test]
    fn an_unknown_member_is_an_error() {
        let text = TEXT.replacen("\"name\"", "\"nmae\": 1, \"name\"", 1);
        let error = serde_json::from_str::<Manifest>(&text).unwrap_err();
        assert!(
            error.to_string().contains("unknown field `nmae`"),
            "{error}"
        );
    }
}
