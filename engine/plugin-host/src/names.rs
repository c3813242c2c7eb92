//! The names that a plugin's configuration may use, and their numbers.

use std::collections::BTreeMap;

use cordboard_core::ids::Symbol;

/// The known names of a tenant by kind. A configuration that names anything else is refused.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Skills.
    pub skills: BTreeMap<String, Symbol>,
    /// Queues.
    pub queues: BTreeMap<String, Symbol>,
    /// Keys and values of labels.
    pub labels: BTreeMap<String, Symbol>,
}

/// The kinds of names that a schema can mark with `x-cordboard-name`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NameKind {
    Skill,
    Queue,
    Label,
}

impl NameKind {
    pub(crate) const ALL: [Self; 3] = [Self::Skill, Self::Queue, Self::Label];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Skill => "skill",
            Self::Queue => "queue",
            Self::Label => "label",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Names {
    pub(crate) fn of_kind(&self, kind: NameKind) -> &BTreeMap<String, Symbol> {
        match kind {
            NameKind::Skill => &self.skills,
            NameKind::Queue => &self.queues,
            NameKind::Label => &self.labels,
        }
    }
}

/// Returns the known name that `name` is nearly: somebody has mistyped it.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}
