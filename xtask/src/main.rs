//! The tasks of Cordboard: `cargo xtask TASK`.
//!
//! All of them use one build profile, `release`, and build the whole workspace, but for `plugins`, which needs next to nothing of it:
//! cargo picks the features of a dependency by the packages that it builds, so a build of one package alone would compile wasmtime
//! a second time.

#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "a program for the terminal")]

mod checks;
mod cordboard;
mod fuzzing;
mod node_tests;
mod peers;
mod plugins;
mod progress;
mod python_tests;
mod rust_tests;
mod schemas;
mod simulation;
mod toolchain;
mod workspace;

use std::{
    env,
    ffi::OsString,
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::{Result, bail};

use progress::Plan;
use workspace::Workspace;

/// The feature with which the engine can be made to die at a named moment.
const CRASH_POINTS: &str = "cordboard-server/crash-points";
/// The feature with which mistakes can be made in the core.
const SEEDED_BUGS: &str = "cordboard-simulation/seeded-bugs";

const USAGE: &str = "\
The tasks of Cordboard.

usage: cargo xtask TASK

  demo [ARGUMENTS]    build everything and run `cordboard demo ARGUMENTS`
  test [ARGUMENTS]    build everything and run every test; ARGUMENTS go to `cargo test`
  crash               let the engine die at every crash point while people call, and judge who was lost
  trial [ARGUMENTS]   build everything and run `cordboard-trials ARGUMENTS`: endurance, restart, overload
  fuzz TARGET [--minutes N]
                      let libFuzzer look for bytes that break a fuzz target; the targets are the folders of fuzz/corpus
  build               leave target/release/cordboard and target/plugins/*.wasm
  plugins             leave target/plugins/*.wasm
  schemas [--check]   write schemas/ anew, or say where it differs from the code
  sim [ARGUMENTS]     play simulated calls with faults in one process and check what must hold: --calls N --seed S
  peers [ARGUMENTS]   measure a decision by a plugin, natively, and by what else one would use; some ten minutes to build at first:
                      --plugin FILE, --html FILE
  check               formatting, clippy, documentation, dependencies
  ci                  what CI runs: check, crash, test, schemas --check, sim with a fixed seed

`target` stands for CARGO_TARGET_DIR where that is set. With CI=true a missing tool is a failure.";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    let task = arguments.next().unwrap_or_default();
    let rest: Vec<OsString> = arguments.collect();
    let task = task.to_string_lossy();

    if matches!(&*task, "" | "help" | "--help" | "-h") {
        // Whoever reads may have gone already, as `head` does.
        writeln!(io::stdout(), "{USAGE}").ok();
        return Ok(if task.is_empty() {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        });
    }
    let workspace = Workspace::find()?;
    match &*task {
        "demo" => demo(&workspace, &rest),
        "trial" => trial(&workspace, &rest),
        "sim" => {
            let mut plan = Plan::default();
            plan.step("build the workspace", || cordboard::build(&workspace));
            match plan.run()? {
                ExitCode::SUCCESS => simulation::run(&workspace, &rest),
                failed => Ok(failed),
            }
        }
        "peers" => {
            toolchain::ensure_wasm_target(&workspace)?;
            peers::run(&workspace, &rest)
        }
        "test" => {
            let mut plan = build(&workspace);
            test(&mut plan, &workspace, rest);
            plan.run()
        }
        "crash" => {
            no_arguments(&task, &rest)?;
            let mut plan = build(&workspace);
            crash(&mut plan, &workspace);
            plan.run()
        }
        "fuzz" => {
            fuzzing::run(&workspace, &fuzzing::Asked::read(&rest)?)?;
            Ok(ExitCode::SUCCESS)
        }
        "build" => {
            no_arguments(&task, &rest)?;
            build(&workspace).run()
        }
        "plugins" => {
            no_arguments(&task, &rest)?;
            let mut plan = Plan::default();
            plan.step("find the WebAssembly target", || {
                toolchain::ensure_wasm_target(&workspace)
            });
            plan.step("build what makes components", || {
                plugins::build_componentise(&workspace)
            });
            plan.step("build the plugins", || plugins::build(&workspace));
            plan.run()
        }
        "schemas" => {
            let check = match rest.as_slice() {
                [] => false,
                [only] if only == "--check" => true,
                _ => bail!("`schemas` takes `--check` or nothing"),
            };
            let mut plan = Plan::default();
            plan.step("build the workspace", || cordboard::build(&workspace));
            plan.step("schemas", || schemas::run(&workspace, check));
            plan.run()
        }
        "check" => {
            no_arguments(&task, &rest)?;
            let mut plan = Plan::default();
            check(&mut plan, &workspace);
            plan.run_all()
        }
        "ci" => {
            no_arguments(&task, &rest)?;
            let mut plan = Plan::default();
            check(&mut plan, &workspace);
            add_build(&mut plan, &workspace);
            // Before the other tests: they leave the program without crash points in its place.
            crash(&mut plan, &workspace);
            test(&mut plan, &workspace, vec!["--no-fail-fast".into()]);
            plan.step("schemas are those of the code", || {
                schemas::run(&workspace, true)
            });
            plan.step("play simulated calls", || simulation::ci(&workspace));
            // Last: it leaves a program in which mistakes can be made in the place of `cordboard-sim`.
            plan.step("play calls with mistakes in the core", || {
                let arguments = ["--features", SEEDED_BUGS, "--test", "seeded_bugs"];
                rust_tests::run(&workspace, &arguments.map(OsString::from))
            });
            plan.run_all()
        }
        unknown => bail!("unknown task `{unknown}`: `cargo xtask help` lists the tasks"),
    }
}

fn no_arguments(task: &str, rest: &[OsString]) -> Result<()> {
    match rest.first() {
        Some(argument) => bail!(
            "`{task}` takes no arguments, found `{}`",
            argument.display()
        ),
        None => Ok(()),
    }
}

fn demo(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode> {
    let code = build(workspace).run()?;
    if code != ExitCode::SUCCESS {
        return Ok(code);
    }
    cordboard::demo(workspace, arguments)
}

fn trial(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode> {
    let code = build(workspace).run()?;
    if code != ExitCode::SUCCESS {
        return Ok(code);
    }
    cordboard::trial(workspace, arguments)
}

fn build(workspace: &Workspace) -> Plan<'_> {
    let mut plan = Plan::default();
    add_build(&mut plan, workspace);
    plan
}

fn add_build<'a>(plan: &mut Plan<'a>, workspace: &'a Workspace) {
    plan.step("find the WebAssembly target", || {
        toolchain::ensure_wasm_target(workspace)
    });
    plan.step("build the workspace", || cordboard::build(workspace));
    plan.step("build the plugins", || plugins::build(workspace));
}

fn test<'a>(plan: &mut Plan<'a>, workspace: &'a Workspace, arguments: Vec<OsString>) {
    plan.step("run the tests", move || {
        rust_tests::run(workspace, &arguments)
    });
    plan.step("run the Python tests", || python_tests::run(workspace));
    plan.step("run the JavaScript tests", || node_tests::run(workspace));
}

fn crash<'a>(plan: &mut Plan<'a>, workspace: &'a Workspace) {
    plan.step("kill the engine while people call", || {
        let arguments = [
            "--features",
            CRASH_POINTS,
            "--test",
            "crash",
            "--",
            "--nocapture",
        ];
        rust_tests::run(workspace, &arguments.map(OsString::from))
    });
}

fn check<'a>(plan: &mut Plan<'a>, workspace: &'a Workspace) {
    plan.step("formatting", || checks::formatting(workspace));
    plan.step("clippy", || checks::clippy(workspace));
    plan.step("documentation", || checks::documentation(workspace));
    plan.step("dependencies", || checks::dependencies(workspace));
}
