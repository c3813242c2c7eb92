//! Names: which there are, whether they are well formed, and whether a reference finds one.

use super::Checker;
use crate::config::problem::{Path, Step};
use crate::config::structure::{Misfit, suggestion};
use crate::config::v1::ConfigText;
use cordboard_core::ids::{CodeId, PromptId, Symbol};
use serde_json::Value;
use std::collections::BTreeSet;

/// Longest name in a configuration, in characters.
pub const CONFIG_NAME_CHARS_MAX: usize = 64;

/// The names of a configuration, those of entries that do not fit the schema included: a reference
/// to such an entry is no second mistake.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) menus: BTreeSet<String>,
    pub(super) queues: BTreeSet<String>,
    pub(super) groups: BTreeSet<String>,
    pub(super) agents: BTreeSet<String>,
    pub(super) prompts: BTreeSet<String>,
    pub(super) plugins: BTreeSet<String>,
    /// Sections that were left out because they do not fit the schema, or lack: what depends on them cannot be checked.
    lost: BTreeSet<String>,
    /// Whether nothing but unknown keys was left out.
    pub(super) is_whole: bool,
    /// Whether the engine handles the media of calls.
    pub(super) has_acs: bool,
    /// Names that something refers to, by kind.
    pub(super) used: BTreeSet<(Kind, String)>,
}

/// What a reference refers to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Menu,
    Queue,
    Group,
    Agent,
    Prompt,
    Plugin,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Menu => "menu",
            Self::Queue => "queue",
            Self::Group => "group",
            Self::Agent => "agent",
            Self::Prompt => "prompt",
            Self::Plugin => "plugin",
        }
    }

    fn section(self) -> &'static str {
        match self {
            Self::Menu => "menus",
            Self::Queue => "queues",
            Self::Group => "groups",
            Self::Agent => "agents",
            Self::Prompt => "prompts.files",
            Self::Plugin => "plugins",
        }
    }
}

impl Names {
    pub(super) fn of(value: &Value, misfits: &[Misfit]) -> Self {
        let required = ["queues", "groups", "agents"];
        let lacking = required
            .iter()
            .filter(|section| value.get(section).is_none());
        let left_out = misfits.iter().filter(|misfit| !misfit.unknown_key);
        let lost = left_out
            .clone()
            .filter_map(|misfit| match misfit.path.steps() {
                [Step::Key(section)] => Some(section),
                // Of these an entry is left out, of others all.
                [Step::Key(section), ..] if !super::NAMED_SECTIONS.contains(&&**section) => {
                    Some(section)
                }
                [Step::Key(_) | Step::Index(_), ..] | [] => None,
            })
            .cloned()
            .chain(lacking.map(|section| (*section).to_owned()))
            .collect();
        let keys = |section: &str| {
            let entries = value.pointer(section).and_then(Value::as_object);
            entries
                .map(|entries| entries.keys().cloned().collect())
                .unwrap_or_default()
        };
        Self {
            menus: keys("/menus"),
            queues: keys("/queues"),
            groups: keys("/groups"),
            agents: keys("/agents"),
            prompts: keys("/prompts/files"),
            plugins: keys("/plugins"),
            lost,
            is_whole: left_out.count() == 0,
            has_acs: value.get("acs").is_some(),
            used: BTreeSet::new(),
        }
    }

    /// Whether a section is not there to check against.
    pub(super) fn lost(&self, section: &str) -> bool {
        self.lost.contains(section)
    }

    fn of_kind(&self, kind: Kind) -> &BTreeSet<String> {
        match kind {
            Kind::Menu => &self.menus,
            Kind::Queue => &self.queues,
            Kind::Group => &self.groups,
            Kind::Agent => &self.agents,
            Kind::Prompt => &self.prompts,
            Kind::Plugin => &self.plugins,
        }
    }
}

impl Checker<'_> {
    /// Interns a name that something refers to, and refuses one that does not exist.
    pub(super) fn reference(&mut self, kind: Kind, name: &str, path: &Path) -> Symbol {
        let known = self.names.of_kind(kind);
        if known.contains(name) {
            self.names.used.insert((kind, name.to_owned()));
        } else if !self.names.lost(kind.section().trim_end_matches(".files")) {
            let hint = match suggestion(name, known.iter().map(String::as_str)) {
                hint if hint.is_empty() => format!("; add it to `{}`", kind.section()),
                hint => hint,
            };
            self.refuse(path, format!("unknown {} `{name}`{hint}", kind.word()));
        }
        self.symbols.intern(name)
    }

    pub(super) fn prompt(&mut self, name: &str, path: &Path) -> PromptId {
        PromptId(self.reference(Kind::Prompt, name, path))
    }

    pub(super) fn check_names(&mut self, text: &ConfigText) {
        let root = Path::root();
        let sections: [(&str, Vec<&String>); 7] = [
            ("resource_accounts", text.resource_accounts.keys().collect()),
            ("menus", text.menus.keys().collect()),
            ("queues", text.queues.keys().collect()),
            ("groups", text.groups.keys().collect()),
            ("agents", text.agents.keys().collect()),
            ("collections", text.collections.keys().collect()),
            ("plugins", text.plugins.keys().collect()),
        ];
        for (section, names) in sections {
            for name in names {
                self.check_name(name, &root.key(section).key(name));
            }
        }
        for name in text.prompts.files.keys() {
            self.check_name(name, &root.key("prompts").key("files").key(name));
        }
        for (name, agent) in &text.agents {
            for skill in agent.skills.keys() {
                let path = root.key("agents").key(name).key("skills").key(skill);
                self.check_name(skill, &path);
            }
        }
    }

    pub(super) fn codes(&mut self, codes: &[String], section: &str) -> Vec<CodeId> {
        let path = Path::root().key(section);
        let mut seen = BTreeSet::new();
        let mut ids = Vec::new();
        for (at, code) in codes.iter().enumerate() {
            self.check_name(code, &path.index(at));
            if !seen.insert(code) {
                self.refuse(
                    &path.index(at),
                    format!("`{code}` stands twice; remove one"),
                );
            }
            ids.push(CodeId(self.symbols.intern(code)));
        }
        ids
    }

    /// Warns about entries that nothing refers to.
    pub(super) fn unused(&mut self, text: &ConfigText) {
        let root = Path::root();
        let mut entries: Vec<(Kind, &String, Path)> = Vec::new();
        for name in text.menus.keys() {
            entries.push((Kind::Menu, name, root.key("menus").key(name)));
        }
        for name in text.groups.keys() {
            entries.push((Kind::Group, name, root.key("groups").key(name)));
        }
        for name in text.agents.keys() {
            entries.push((Kind::Agent, name, root.key("agents").key(name)));
        }
        for name in text.plugins.keys() {
            entries.push((Kind::Plugin, name, root.key("plugins").key(name)));
        }
        for name in text.prompts.files.keys() {
            let path = root.key("prompts").key("files").key(name);
            entries.push((Kind::Prompt, name, path));
        }
        for (kind, name, path) in entries {
            if !self.names.used.contains(&(kind, name.clone())) {
                let what = match kind {
                    Kind::Agent => "is in no group and gets no contact",
                    Kind::Group => "serves no queue",
                    Kind::Menu | Kind::Queue | Kind::Prompt | Kind::Plugin => "is not used",
                };
                self.warn(&path, format!("{} `{name}` {what}", kind.word()));
            }
        }
    }

    fn check_name(&mut self, name: &str, path: &Path) {
        let well_formed = name.len() <= CONFIG_NAME_CHARS_MAX
            && name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || "._-".contains(character));
        if !well_formed {
            self.refuse(
                path,
                format!(
                    "`{name}` is no name; use up to {CONFIG_NAME_CHARS_MAX} letters, digits, `.`, `_` and `-`, \
                     a letter or digit first"
                ),
            );
        }
    }
}
