//! Properties: random inputs against a small reference model.
//!
//! The inputs follow from a seed that is printed with a failure. `CORDBOARD_SEED` sets it,
//! `CORDBOARD_CASES` says how many cases are tried.

mod driver;
mod life;
mod matching;
mod model;
mod setups;
mod steps;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Tries `test` with values of `strategy`, as many as `cases` says unless the environment does.
fn check<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value)) {
    let seed = from_environment("CORDBOARD_SEED").unwrap_or(1);
    let cases = from_environment("CORDBOARD_CASES").map_or(cases, |cases| cases as u32);
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let result = runner.run(strategy, |value| {
        test(value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("CORDBOARD_SEED={seed} CORDBOARD_CASES={cases}: {error}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the core reads no environment, but its tests may"
)]
fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
