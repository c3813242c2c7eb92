//! Finds a checkout of Cordboard, for its SDKs and its example.

use std::path::{Path, PathBuf};

/// A file or folder of the checkout that this program, or the current folder, lies in.
pub(crate) fn find(path: impl AsRef<Path>) -> Option<PathBuf> {
    let starts = [std::env::current_dir(), std::env::current_exe()];
    let mut above = starts.iter().flatten().flat_map(|start| start.ancestors());
    above.find_map(|folder| {
        let found = folder.join(path.as_ref());
        found.exists().then_some(found)
    })
}
