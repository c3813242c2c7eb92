//! The languages that plugins are written in: one module each, and what they have in common.

mod described;
mod javascript;
mod python;
mod rust;

use super::template::{File, Wanted};
use anyhow::bail;
use cordboard_plugin_host::Point;
use std::path::Path;

/// What the tool has to know of a language.
pub(super) struct Language {
    /// The name after `--lang`.
    pub(super) name: &'static str,
    /// The file by which a project of this language is known.
    pub(super) marker: &'static str,
    /// The decision points that a new project can have.
    pub(super) points: &'static [Point],
    /// Where the SDK lies in a checkout of Cordboard.
    pub(super) sdk: &'static str,
    /// The files of a new project.
    pub(super) files: fn(&Wanted<'_>) -> Vec<File>,
    /// The component of a project, with or without its manifest, and the project's name. What the
    /// compiler says goes to standard error.
    pub(super) build: fn(&Path) -> anyhow::Result<Built>,
    /// How the project's own tests run, in its folder.
    pub(super) test: &'static str,
}

/// What a language's compiler has made.
pub(super) struct Built {
    /// The name of the project, which its component gets.
    pub(super) name: String,
    /// The component.
    pub(super) component: Vec<u8>,
}

/// All languages. A new one is a module here, and a folder in `plugin-sdk/templates`.
pub(super) const ALL: [&Language; 3] = [&rust::LANGUAGE, &javascript::LANGUAGE, &python::LANGUAGE];

/// Finds a language by its name.
///
/// # Errors
/// There is none; the message names those that there are.
pub(super) fn named(name: &str) -> anyhow::Result<&'static Language> {
    let found = ALL.into_iter().find(|language| language.name == name);
    found.map_or_else(
        || bail!("no language `{name}`: say one of {}", list(|of| of.name)),
        Ok,
    )
}

/// Finds the language of a project.
///
/// # Errors
/// The folder is no project of any.
pub(super) fn of_project(folder: &Path) -> anyhow::Result<&'static Language> {
    let is_of = |language: &&Language| folder.join(language.marker).is_file();
    ALL.into_iter().find(is_of).map_or_else(
        || {
            bail!(
                "`{}` is no plugin project: it has none of {}; `cordboard plugin new NAME` makes one",
                folder.display(),
                list(|of| of.marker)
            )
        },
        Ok,
    )
}

/// The languages' names or markers, for a message.
pub(super) fn list(what: fn(&Language) -> &'static str) -> String {
    let all: Vec<String> = ALL.iter().map(|of| format!("`{}`", what(of))).collect();
    all.join(", ")
}
