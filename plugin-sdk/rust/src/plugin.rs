//! What every plugin has: a configuration that is checked once.

use serde::de::DeserializeOwned;

use crate::json;

/// A plugin, configured and ready to decide.
///
/// The engine configures one instance and keeps its memory: every instance that decides starts from
/// there. So prepare in [`Self::configure`] all that decisions need; a decision never sees JSON.
///
/// Decisions take `&self`. State belongs into the [`Memo`](crate::Memo): what a decision writes
/// anywhere else is lost with its instance.
pub trait Plugin: Sized + Send + Sync + 'static {
    /// The configuration as the JSON Schema of the plugin describes it. Names that the schema marks
    /// with `x-cordboard-name` arrive as numbers, see [`SkillId`](crate::SkillId).
    type Config: DeserializeOwned;

    /// Checks what the schema cannot say, and prepares the decisions.
    ///
    /// Build what is kept anew instead of moving parts of `config` into it: what it needs lies
    /// closer together then, and less memory has to be reset after every decision.
    ///
    /// # Errors
    /// All mistakes that were found; the engine then refuses the configuration and shows them.
    fn configure(config: Self::Config) -> Result<Self, Problems>;
}

/// Mistakes in a configuration, with their places.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Problems(Vec<Problem>);

/// One mistake in a configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where: a JSON Pointer into the configuration, empty for the whole of it.
    pub path: String,
    /// What is wrong and what would be right, for the person who wrote the configuration.
    pub message: String,
}

impl Problems {
    /// No mistakes yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a mistake.
    pub fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        let (path, message) = (path.into(), message.into());
        self.0.push(Problem { path, message });
    }

    /// Gives the value if there are no mistakes.
    ///
    /// # Errors
    /// The mistakes, if there are any.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// The mistakes in the order in which they were added.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Problem> {
        self.0.iter()
    }
}

/// Reads a configuration and checks it, as the component does.
///
/// # Errors
/// The text is not JSON of the type, or the plugin refuses it.
pub fn configure<P: Plugin>(config: &str) -> Result<P, Problems> {
    match json::read(config) {
        Ok(config) => P::configure(config),
        Err(error) => {
            let mut problems = Problems::new();
            problems.add(error.path(), error.message());
            Err(problems)
        }
    }
}
