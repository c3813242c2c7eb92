//! Runs Cordboard plugins: sandboxed WebAssembly components with limits and typed outcomes.
