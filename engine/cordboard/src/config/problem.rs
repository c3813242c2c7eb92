//! What is wrong with a configuration, and where.

use std::fmt;

/// One mistake in a configuration, or one doubt about it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// Where: `queues.sales.exits.max_wait`, empty for the whole text.
    pub path: String,
    /// Line and column of that place in the text, both from 1.
    pub position: Option<Position>,
    /// What is wrong and what to change, in the words of the configuration.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.path.as_str(), self.position) {
            ("", None) => {}
            ("", Some(place)) => write!(f, "{place}: ")?,
            (path, None) => write!(f, "{path}: ")?,
            (path, Some(place)) => write!(f, "{path} {place}: ")?,
        }
        f.write_str(&self.message)
    }
}

/// A place in a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(line {}, column {})", self.line, self.column)
    }
}

/// A place in a JSON document.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Path(Vec<Step>);

/// One step into a JSON document.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

impl Path {
    pub(crate) fn root() -> Self {
        Self::default()
    }

    pub(crate) fn key(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        Self(steps)
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl From<Vec<Step>> for Path {
    fn from(steps: Vec<Step>) -> Self {
        Self(steps)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if is_plain(key) => {
                    let dot = if at == 0 { "" } else { "." };
                    write!(f, "{dot}{key}")?;
                }
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

/// Plain keys stand in a path without quotes.
fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "_-$".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_an_access() {
        let path = Path::root().key("agents").key("anna").key("endpoints");
        assert_eq!(path.index(2).to_string(), "agents.anna.endpoints[2]");
        assert_eq!(
            path.key("a b").to_string(),
            "agents.anna.endpoints[\"a b\"]"
        );
    }

    #[test]
    fn a_problem_names_path_and_place() {
        let problem = Problem {
            path: "listen".to_owned(),
            position: Some(Position { line: 3, column: 7 }),
            message: "is wrong".to_owned(),
        };
        assert_eq!(problem.to_string(), "listen (line 3, column 7): is wrong");
        let whole = Problem {
            path: String::new(),
            position: None,
            message: "the configuration is empty".to_owned(),
        };
        assert_eq!(whole.to_string(), "the configuration is empty");
    }
}
