//! Files of golden vectors.

use std::path::{Path, PathBuf};
use std::{fs, io};

use cordboard_core::question::DecisionPoint;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::layout::member;

/// Why a file of golden vectors cannot be used.
#[derive(Debug, Error)]
pub enum VectorsError {
    /// It cannot be read or written.
    #[error("cannot {what} `{file}`")]
    Io {
        /// `read` or `write`.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not a file of golden vectors.
    #[error("`{file}` is not a file of golden vectors: {detail}")]
    Form {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        detail: String,
    },
}

/// Decisions of one plugin, with the verdicts that are expected.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vectors {
    /// The configuration, with names. A vector may have another.
    #[serde(default = "empty")]
    pub config: Value,
    /// The decisions.
    pub vectors: Vec<Vector>,
}

/// A decision.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// What it shows, in words.
    pub name: String,
    /// What is decided.
    pub point: DecisionPoint,
    /// The configuration, where it is not that of the file.
    #[serde(default)]
    pub config: Option<Value>,
    /// The facts; see [`ask`](crate::ask).
    pub facts: Value,
    /// What the plugin is to say; `None` until it was asked for the first time.
    #[serde(default)]
    pub verdict: Option<Value>,
}

fn empty() -> Value {
    json!({})
}

impl Vectors {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, is none, or two of its vectors have the same name.
    pub fn read(file: &Path) -> Result<Self, VectorsError> {
        let text = fs::read_to_string(file).map_err(|source| VectorsError::Io {
            what: "read",
            file: file.to_owned(),
            source,
        })?;
        let wrong = |detail: String| VectorsError::Form {
            file: file.to_owned(),
            detail,
        };
        let vectors: Self =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        for (number, vector) in vectors.vectors.iter().enumerate() {
            let mut earlier = vectors.vectors.iter().take(number);
            if earlier.any(|earlier| earlier.name == vector.name) {
                return Err(wrong(format!("two vectors are called `{}`", vector.name)));
            }
        }
        Ok(vectors)
    }

    /// Writes a file, unless it has the same text already.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), VectorsError> {
        let text = self.text();
        if fs::read_to_string(file).is_ok_and(|current| current == text) {
            return Ok(());
        }
        fs::write(file, text).map_err(|source| VectorsError::Io {
            what: "write",
            file: file.to_owned(),
            source,
        })
    }

    /// The text of the file: each vector's members in the order in which they are read.
    #[must_use]
    pub fn text(&self) -> String {
        let vectors: Vec<String> = self.vectors.iter().map(Vector::text).collect();
        format!(
            "{{\n  {},\n  \"vectors\": [\n    {}\n  ]\n}}\n",
            member("config", &self.config, 2),
            vectors.join(",\n    ")
        )
    }
}

impl Vector {
    fn text(&self) -> String {
        const INDENT: usize = 6;
        let mut lines = vec![
            member("name", &json!(self.name), INDENT),
            member("point", &json!(self.point), INDENT),
        ];
        let config = self.config.as_ref();
        lines.extend(config.map(|config| member("config", config, INDENT)));
        lines.push(member("facts", &self.facts, INDENT));
        let verdict = self.verdict.as_ref();
        lines.extend(verdict.map(|verdict| member("verdict", verdict, INDENT)));
        format!("{{\n      {}\n    }}", lines.join(",\n      "))
    }
}
