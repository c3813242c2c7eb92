//! Fuzz targets of Cordboard: every reader of outside bytes, and the core behind them.
//!
//! They are in `tests/targets`. The test `corpus` runs them with what is in `corpus`; `cargo xtask fuzz TARGET` lets libFuzzer look for
//! more.
