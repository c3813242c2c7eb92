//! For tests of plugins, natively and without a host: facts are built from plain structs, decisions
//! made over packed lists as in the component, and verdicts read with the checks of the host.
//!
//! ```ignore
//! let names = Names::new(["support", "spanish"]);
//! let plugin: SkillLevels = configure(r#"{ "weights": { "spanish": 3 } }"#, &names).unwrap();
//! let verdict = SkillMatchFacts {
//!     contact: Contact { queue: names.queue("support"), ..Default::default() },
//!     candidates: vec![Candidate { idle_ms: 5_000, levels: vec![70], ..Default::default() }],
//!     ..Default::default()
//! }
//! .rank(&plugin);
//! assert_eq!(verdict.ranked[0].index, 0);
//! ```
//!
//! What breaks the contract panics: in a test that is the failure to show.

#![allow(
    clippy::panic,
    clippy::expect_used,
    reason = "a failed expectation of a test is a panic"
)]

mod facts;
mod golden;
mod names;
mod verdict;

pub use crate::Level;
pub use facts::{
    Candidate, ClassifyFacts, Contact, ContactSelectFacts, Endpoint, EndpointSelectFacts,
    FreeAgent, Queue, RecordingFacts, SkillMatchFacts, Surroundings, WaitingContact,
};
pub use golden::{Vector, check_golden};
pub use names::Names;
pub use verdict::{
    Classified, MemoChange, RankVerdict, Ranked, RecordingAnswer, Ring, RingVerdict,
};

use crate::__private::Described;
use crate::{Plugin, Problems};
use cordboard_contract::manifest::Manifest;

/// Configures a plugin as the host does: names that its schema marks are replaced by their numbers,
/// then the plugin reads and checks the rest. That the configuration satisfies the schema is not
/// checked here.
///
/// # Errors
/// The mistakes that the plugin finds.
///
/// # Panics
/// When the configuration is not JSON or has a name that is not in `names`.
pub fn configure<P: Plugin + Described>(config: &str, names: &Names) -> Result<P, Problems> {
    crate::configure(&compile::<P>(config, names))
}

/// The configuration as `configure` of the component receives it.
///
/// # Panics
/// When the configuration is not JSON or has a name that is not in `names`.
#[must_use]
pub fn compile<P: Described>(config: &str, names: &Names) -> String {
    let config = serde_json::from_str(config).expect("the configuration is not JSON");
    names
        .replace(&manifest::<P>().config_schema, config)
        .unwrap_or_else(|error| panic!("{error}"))
        .to_string()
}

/// The manifest of a plugin, read as the host reads it.
///
/// # Panics
/// When it is not a manifest, for example because `schema.json` is not JSON.
#[must_use]
pub fn manifest<P: Described>() -> Manifest {
    serde_json::from_str(&manifest_text::<P>()).expect("the manifest does not parse")
}

/// The text of the custom section of a plugin.
///
/// # Panics
/// When it is too large for the host.
#[must_use]
pub fn manifest_text<P: Described>() -> String {
    const ROOM: usize = cordboard_contract::MANIFEST_BYTES_MAX;
    let length = P::MANIFEST.length();
    assert!(
        length <= ROOM,
        "the manifest has {length} bytes, more than {ROOM}"
    );
    let mut text = P::MANIFEST.bytes::<ROOM>().to_vec();
    text.truncate(length);
    String::from_utf8(text).expect("the manifest is not UTF-8")
}

/// The lines that the plugin has logged on this thread since the last time.
#[must_use]
pub fn logged() -> Vec<(Level, String)> {
    crate::log::sink::take()
}
