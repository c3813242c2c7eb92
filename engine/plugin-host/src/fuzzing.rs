//! Readers within this crate that fuzz targets call as they are.

use cordboard_contract::{manifest::Manifest, v0_1::Point};
use cordboard_core::question::{Advice, Ask};

use crate::{component, error::LoadError, manifest, v0_1};

/// Packs a question.
#[must_use]
pub fn pack(ask: &Ask, columns: u32) -> Vec<u32> {
    v0_1::pack(ask, columns)
}

/// Reads the verdict of a plugin that has declared these reason codes.
///
/// # Errors
///
/// Tells what breaks the contract.
pub fn read_verdict(
    point: Point,
    facts: &[u32],
    words: &[u32],
    reasons: &[u32],
) -> Result<(Option<Advice>, Option<Vec<u8>>), String> {
    let reasons = v0_1::Reasons::new(reasons.iter().copied());
    let answered = v0_1::read_verdict(point, facts, words, &reasons)?;
    Ok((answered.advice, answered.memo))
}

/// Reads a manifest, with the columns that it asks for.
///
/// # Errors
///
/// [`LoadError`].
pub fn read_manifest(text: &str, points: &[Point]) -> Result<Manifest, LoadError> {
    let manifest = manifest::parse(text)?;
    manifest::columns(&manifest, points)?;
    Ok(manifest)
}

/// Looks into the bytes of a component as a host does before it compiles them.
///
/// # Errors
///
/// [`LoadError`].
pub fn inspect(bytes: &[u8], bytes_max: u64) -> Result<(), LoadError> {
    component::inspect(bytes, bytes_max).map(drop)
}
