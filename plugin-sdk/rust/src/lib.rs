//! The Rust SDK for Cordboard plugins.
