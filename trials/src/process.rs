//! What a process and its files take of a machine.

use std::fs;
use std::path::Path;

/// The bytes of memory that the process holds, where the system tells.
pub(crate) fn resident_bytes() -> Option<u64> {
    resident_bytes_of("self")
}

/// The bytes of memory that another process holds, where the system tells.
pub(crate) fn resident_bytes_of(process: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

/// The bytes of all files in a folder and those below.
pub(crate) fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => bytes_in(&entry.path()),
            Ok(data) => data.len(),
            // It was removed meanwhile.
            Err(_) => 0,
        })
        .sum()
}

/// Bytes as mebibytes, for people.
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    let kibibytes = u32::try_from(bytes >> 10).unwrap_or(u32::MAX);
    f64::from(kibibytes) / 1_024.0
}
