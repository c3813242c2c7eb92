//! Components: made of core modules, with a manifest, in a file.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use wit_component::ComponentEncoder;

/// The name of the custom section in which the manifest of a plugin stands.
const MANIFEST_SECTION: &str = "cordboard:manifest";

/// Id of a custom section in the WebAssembly binary format.
const CUSTOM_SECTION_ID: u8 = 0;

/// Makes a component of a core module that carries its WIT world in a custom section, as those of
/// the Rust SDK do.
///
/// # Errors
/// The module is none, lacks its world, or does not fit it.
pub fn of_module(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)?
        .encode()
}

/// Adds a manifest to a component that has none: for languages whose tools cannot write custom
/// sections. A Rust plugin brings its own.
pub fn add_manifest(component: &mut Vec<u8>, manifest: &str) {
    let mut content = Vec::new();
    push_number(&mut content, MANIFEST_SECTION.len());
    content.extend_from_slice(MANIFEST_SECTION.as_bytes());
    content.extend_from_slice(manifest.as_bytes());
    component.push(CUSTOM_SECTION_ID);
    push_number(component, content.len());
    component.extend_from_slice(&content);
}

/// Appends a number in LEB128, as lengths are written in the binary format.
fn push_number(bytes: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

/// Writes a component to its file, and its folder if need be. A file that would not change is left
/// alone, so that a running engine sees no new one.
///
/// # Errors
/// The file cannot be written.
pub fn write(file: &Path, component: &[u8]) -> Result<()> {
    if fs::read(file).is_ok_and(|current| current == component) {
        return Ok(());
    }
    let unwritable = || format!("cannot write `{}`", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(unwritable)?;
    }
    // Renamed into place: whoever watches the folder never reads half a component.
    let unfinished = file.with_extension("unfinished");
    fs::write(&unfinished, component).with_context(unwritable)?;
    fs::rename(&unfinished, file).with_context(unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_a_custom_section_at_the_end() {
        let mut component = vec![0xde, 0xad];
        add_manifest(&mut component, "{}");
        let mut expected = vec![0xde, 0xad, 0, 21, 18];
        expected.extend_from_slice(b"cordboard:manifest{}");
        assert_eq!(component, expected);
    }

    #[test]
    fn lengths_of_several_bytes_are_leb128() {
        let mut bytes = Vec::new();
        push_number(&mut bytes, 624_485);
        assert_eq!(bytes, [0xe5, 0x8e, 0x26]);
    }
}
