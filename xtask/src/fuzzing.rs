//! Coverage-guided fuzzing: libFuzzer, on the stable toolchain. Why so is in `docs/adr/0004-libfuzzer-on-stable.md`.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{self, BufReader},
    path::PathBuf,
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};

use crate::workspace::{Workspace, succeed};

/// How long a target is fuzzed, unless asked otherwise.
const MINUTES: u64 = 10;

/// The most memory that a target may use, in MiB.
const MEMORY_MIB_MAX: u32 = 2_048;

/// The longest that one input may take, in seconds.
const INPUT_SECONDS_MAX: u32 = 20;

/// What is asked for: `TARGET [--minutes N]`.
#[derive(Debug)]
pub(crate) struct Asked {
    target: String,
    minutes: u64,
}

impl Asked {
    pub(crate) fn read(arguments: &[OsString]) -> Result<Self> {
        let texts: Vec<_> = arguments
            .iter()
            .map(|text| text.to_string_lossy())
            .collect();
        let words: Vec<&str> = texts.iter().map(|text| &**text).collect();
        let (target, minutes) = match words.as_slice() {
            [target] => (target, MINUTES),
            [target, "--minutes", minutes] => {
                let minutes = minutes.parse::<u64>();
                (target, minutes.context("`--minutes` takes a whole number")?)
            }
            _ => bail!(
                "`fuzz` takes a target and `--minutes N`; the targets are the folders of `fuzz/corpus`"
            ),
        };
        Ok(Self {
            target: (*target).to_owned(),
            minutes,
        })
    }
}

/// Builds the targets and lets libFuzzer have one of them. What reaches something new stays in `target/fuzz-corpus`; an input that
/// shows a mistake goes into the corpus, where the tests find it.
pub(crate) fn run(workspace: &Workspace, asked: &Asked) -> Result<()> {
    let corpus = workspace.root.join("fuzz/corpus").join(&asked.target);
    if !corpus.is_dir() {
        bail!(
            "there is no fuzz target `{}`: the targets are the folders of `fuzz/corpus`",
            asked.target
        );
    }
    let found = workspace.target.join("fuzz-corpus").join(&asked.target);
    fs::create_dir_all(&found).with_context(|| format!("cannot create `{}`", found.display()))?;
    let program = build(workspace)?;
    let mut fuzzer = workspace.command(program);
    fuzzer.env("CORDBOARD_FUZZ_TARGET", &asked.target).args([
        format!("-max_total_time={}", asked.minutes.saturating_mul(60)),
        format!("-rss_limit_mb={MEMORY_MIB_MAX}"),
        format!("-timeout={INPUT_SECONDS_MAX}"),
        // A slash at its end lets the prefix be a folder.
        format!("-artifact_prefix={}/", corpus.display()),
        "-print_final_stats=1".to_owned(),
    ]);
    fuzzer.arg(&found).arg(&corpus);
    succeed(&mut fuzzer)
}

/// Builds the program with all targets, and returns where it is.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    // With a target named, macros and build scripts are left as they are.
    let host = host(workspace)?;
    let mut cargo = workspace.cargo();
    cargo
        .env("RUSTC_WRAPPER", workspace.root.join("fuzz/instrument.sh"))
        .env("CARGO_TARGET_DIR", workspace.target.join("fuzz"))
        .args(["build", "--profile", "fuzz", "--target", &host])
        .args(["--package", "cordboard-fuzz", "--features", "libfuzzer"])
        .args([
            "--test",
            "libfuzzer",
            "--message-format",
            "json-render-diagnostics",
        ])
        .stdout(Stdio::piped());
    let mut running = cargo.spawn().context("cannot run `cargo build`")?;
    let output = running
        .stdout
        .take()
        .context("`cargo build` has no output")?;
    let program = executable(BufReader::new(output))?;
    let status = running.wait()?;
    if !status.success() {
        bail!("`cargo build` ended with {status}");
    }
    program.context("`cargo build` names no program")
}

/// Finds the program in what cargo tells: the name of a test program ends with a hash.
fn executable(output: impl io::BufRead) -> Result<Option<PathBuf>> {
    let mut found = None;
    for line in output.lines() {
        let line = line?;
        if let Some((_, rest)) = line.split_once(r#""executable":""#)
            && let Some((path, _)) = rest.split_once('"')
        {
            found = Some(PathBuf::from(path));
        }
    }
    Ok(found)
}

fn host(workspace: &Workspace) -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = workspace
        .command(rustc)
        .arg("-vV")
        .output()
        .context("cannot run `rustc`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_in_what_cargo_tells() {
        let told = concat!(
            r#"{"reason":"compiler-artifact","executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","executable":"/t/deps/libfuzzer-1","fresh":true}"#,
            "\n"
        );
        assert_eq!(
            executable(told.as_bytes()).unwrap(),
            Some("/t/deps/libfuzzer-1".into())
        );
        assert_eq!(executable("".as_bytes()).unwrap(), None);
    }

    #[test]
    fn what_is_asked_for_has_two_forms() {
        let asked = |words: &[&str]| {
            Asked::read(&words.iter().map(OsString::from).collect::<Vec<_>>())
                .map(|asked| (asked.target, asked.minutes))
        };
        assert_eq!(asked(&["core"]).unwrap(), ("core".into(), MINUTES));
        assert_eq!(
            asked(&["core", "--minutes", "3"]).unwrap(),
            ("core".into(), 3)
        );
        for wrong in [&[][..], &["core", "--minutes", "x"], &["core", "3"]] {
            asked(wrong).unwrap_err();
        }
    }
}
