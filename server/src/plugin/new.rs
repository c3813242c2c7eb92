//! `cordboard plugin new NAME`.

use super::language::{self, Language};
use super::template::{self, Sdk, Wanted};
use crate::{checkout, output};
use anyhow::{Context as _, bail};
use clap::Args;
use cordboard_plugin_host::Point;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Makes a project that builds and passes its own tests.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The plugin's name: lower-case letters, digits and hyphens. A folder of this name is made.
    name: String,
    /// The language: `rust`, `javascript`, `python`.
    #[arg(long = "lang", value_name = "LANGUAGE", default_value = "rust")]
    language: String,
    /// What it decides: `skill-match`, `contact-select`, `endpoint-select`, `recording-policy`, `classify`.
    #[arg(
        long = "decision",
        value_name = "POINT,…",
        value_delimiter = ',',
        default_value = "skill-match"
    )]
    points: Vec<String>,
    /// A checkout of Cordboard, for its Rust SDK. Otherwise the one that this program or the current folder lies in, or else the public repository. The program carries the other SDKs.
    #[arg(long, value_name = "FOLDER")]
    checkout: Option<PathBuf>,
}

/// Longest name of a plugin, as the contract has it.
const NAME_BYTES_MAX: usize = 64;
/// Where the SDK comes from without a checkout.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let name = arguments.name.as_str();
    check_name(name)?;
    let language = language::named(&arguments.language)?;
    let points = points(language, &arguments.points)?;
    let sdk = sdk(language, arguments.checkout.as_deref())?;
    let folder = Path::new(name);
    if folder.exists() {
        bail!("`{name}` exists already: take another name, or remove it");
    }
    let wanted = Wanted {
        name,
        points: &points,
        sdk: &sdk,
    };
    let vectors = template::vectors(&points)?;
    for file in (language.files)(&wanted).into_iter().chain([vectors]) {
        let path = folder.join(&file.path);
        let unwritable = || format!("cannot write `{}`", path.display());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(unwritable)?;
        }
        std::fs::write(&path, &file.text).with_context(unwritable)?;
    }
    let test = language.test;
    output::say(format_args!(
        "made `{name}`, a plugin in {}. Next:\n  cd {name}\n  {test}\n  cordboard plugin test",
        language.name
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// A name must do as the name of a plugin, of a package and of a module.
fn check_name(name: &str) -> anyhow::Result<()> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let begins = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    if !begins || name.len() > NAME_BYTES_MAX || !name.bytes().all(fits) || name.ends_with('-') {
        bail!(
            "`{name}` is no name for a plugin: it has 1 to {NAME_BYTES_MAX} lower-case letters, digits and hyphens between them, \
             and begins with a letter, like `my-router`"
        );
    }
    Ok(())
}

/// Finds the decision points, in the order of the contract.
fn points(language: &Language, names: &[String]) -> anyhow::Result<Vec<Point>> {
    for name in names {
        if !language.points.iter().any(|point| point.name() == name) {
            let known: Vec<&str> = language.points.iter().map(|point| point.name()).collect();
            bail!(
                "no decision point `{name}` in {}: there are {}",
                language.name,
                known.join(", ")
            );
        }
    }
    let asked = |point: &Point| names.iter().any(|name| name == point.name());
    Ok(language.points.iter().copied().filter(asked).collect())
}

fn sdk(language: &Language, given: Option<&Path>) -> anyhow::Result<Sdk> {
    if let Some(checkout) = given {
        let folder = std::path::absolute(checkout.join(language.sdk))
            .with_context(|| format!("`{}` is not a path", checkout.display()))?;
        if !folder.is_dir() {
            bail!(
                "`{}` is no checkout of Cordboard: it has no folder `{}`",
                checkout.display(),
                language.sdk
            );
        }
        return Ok(Sdk::Folder(folder));
    }
    Ok(checkout::find(language.sdk).map_or(Sdk::Repository(REPOSITORY), Sdk::Folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_serves_as_plugin_package_and_module() {
        for good in ["a", "my-router", "r2"] {
            check_name(good).unwrap();
        }
        let long = "a".repeat(NAME_BYTES_MAX + 1);
        for bad in ["", "2r", "-a", "a-", "My", "a_b", "a/b", "ä", &long] {
            check_name(bad).unwrap_err();
        }
    }

    #[test]
    fn decision_points_come_once_and_in_the_order_of_the_contract() {
        let language = language::named("rust").unwrap();
        let asked = ["endpoint-select", "skill-match", "endpoint-select"].map(str::to_owned);
        let found = points(language, &asked).unwrap();
        assert_eq!(found, [Point::SkillMatch, Point::EndpointSelect]);
        let error = points(language, &["routing".to_owned()]).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("no decision point `routing` in rust: there are skill-match,"),
            "{error}"
        );
    }
}
