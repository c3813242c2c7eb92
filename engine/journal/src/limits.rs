//! Named limits of the journal.

use cordboard_core::ids::Millis;

/// Every size, count and age that the journal bounds. The defaults suit one shard on one disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Largest payload of one log entry, in bytes. Default 16 MiB: a whole configuration is one.
    pub entry_bytes_max: usize,
    /// Most log entries that wait for the disk; the next append is refused as full. Default 65536.
    pub unsynced_entries_max: usize,
    /// Most bytes of log entries that wait for the disk. Default 64 MiB.
    pub unsynced_bytes_max: usize,
    /// Most log entries in one group, that is per sync. Default 4096.
    pub group_entries_max: usize,
    /// Most entries that the log holds before it needs a snapshot and a cut. Default 20 million,
    /// about 7 GB at 300 bytes each.
    pub log_entries_max: u64,
    /// Most entries that one group may cut off the log's front, so that a large cut does not hold
    /// up appends. Default 16384.
    pub cut_entries_max: u64,
    /// Largest snapshot, in bytes. Default 512 MiB.
    pub snapshot_bytes_max: usize,
    /// Snapshot bytes that go out with one group, so that a large snapshot does not hold up
    /// appends. Default 1 MiB.
    pub snapshot_slice_bytes: usize,
    /// Snapshots that stay; the log stays from the oldest of them on, so that a damaged newest one
    /// loses nothing. At least 1. Default 2.
    pub snapshots_kept: usize,
    /// Largest payload of one decision record, in bytes. Default 256 KiB.
    pub record_bytes_max: usize,
    /// Most subjects of one decision record. Default 4, at most 255.
    pub record_subjects_max: usize,
    /// Longest subject, in bytes. Default 128, at most 255.
    pub subject_bytes_max: usize,
    /// Most decision records that wait for the disk; the next is refused as full. Default 65536.
    pub unsynced_records_max: usize,
    /// Most bytes of decision records that wait for the disk. Default 64 MiB.
    pub unsynced_record_bytes_max: usize,
    /// Most decision records in one group. Default 4096.
    pub group_records_max: usize,
    /// Bytes of decision records that stay; the oldest go first. Default 4 GiB.
    pub records_bytes_max: u64,
    /// Age at which a decision record goes, measured against the newest one. Default 90 days.
    pub records_age_max: Millis,
    /// Most expired decision records that one group removes. Default 4096.
    pub expired_records_max: usize,
    /// Most decision records that one read returns. Default 1000.
    pub page_records_max: usize,
    /// Bytes after which one read returns what it has. Default 8 MiB.
    pub page_bytes_max: usize,
    /// Largest blob, in bytes. Default 64 MiB.
    pub blob_bytes_max: usize,
    /// Bytes of all blobs together. Default 2 GiB.
    pub blobs_bytes_max: u64,
    /// Memory that each of the three stores uses as cache, in bytes. Default 16 MiB.
    pub cache_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entry_bytes_max: 16 << 20,
            unsynced_entries_max: 65_536,
            unsynced_bytes_max: 64 << 20,
            group_entries_max: 4_096,
            log_entries_max: 20_000_000,
            cut_entries_max: 16_384,
            snapshot_bytes_max: 512 << 20,
            snapshot_slice_bytes: 1 << 20,
            snapshots_kept: 2,
            record_bytes_max: 256 << 10,
            record_subjects_max: 4,
            subject_bytes_max: 128,
            unsynced_records_max: 65_536,
            unsynced_record_bytes_max: 64 << 20,
            group_records_max: 4_096,
            records_bytes_max: 4 << 30,
            records_age_max: Millis::from_secs(90 * 24 * 60 * 60),
            expired_records_max: 4_096,
            page_records_max: 1_000,
            page_bytes_max: 8 << 20,
            blob_bytes_max: 64 << 20,
            blobs_bytes_max: 2 << 30,
            cache_bytes: 16 << 20,
        }
    }
}
