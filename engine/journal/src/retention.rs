//! Which snapshots stay, and how much of the log.

use crate::entry::Seq;
use crate::journal::RetainLog;

/// Behind the newest snapshots, those stay that lie this share of the kept entries apart: the oldest
/// entries go in steps of it, and a fold can begin at each.
const STEPS: u64 = 4;

/// What stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    /// Snapshots, oldest first.
    pub(crate) snapshots: Vec<Seq>,
    /// The log may be cut through this entry: that of the oldest snapshot that stays.
    pub(crate) cut_to: Option<Seq>,
}

/// Decides for a log that begins with `first` and has `snapshots`, oldest first. The `newest_kept`
/// newest ones stay in any case, and the log is cut only behind that many, so that a damaged newest
/// one can be done without.
pub(crate) fn kept(snapshots: &[Seq], first: Seq, retain: RetainLog, newest_kept: usize) -> Kept {
    let entries = match retain {
        RetainLog::SinceSnapshot => 0,
        RetainLog::Entries(entries) => entries,
        // The snapshots serve recovery alone: a fold can begin at the start.
        RetainLog::All => u64::MAX,
    };
    let newest_kept = newest_kept.max(1);
    let old = snapshots.len().saturating_sub(newest_kept);
    let newest = snapshots.last().copied().unwrap_or_default();
    let cut_to = (snapshots.len() >= newest_kept)
        .then(|| snapshots.iter().take(old + 1))
        .into_iter()
        .flatten()
        .rfind(|seq| seq.0.saturating_add(entries) <= newest.0)
        .copied();
    // A fold can begin here: with this snapshot, or with the empty state.
    let begin = cut_to
        .unwrap_or_default()
        .max(Seq(first.0.saturating_sub(1)));
    let mut stay = Vec::new();
    let mut before = begin;
    for (at, seq) in snapshots.iter().enumerate() {
        let after = snapshots.get(at + 1).unwrap_or(seq);
        let is_step = after.0.saturating_sub(before.0) > entries / STEPS;
        if at >= old || *seq == begin || (*seq > begin && is_step && retain != RetainLog::All) {
            stay.push(*seq);
            before = *seq;
        }
    }
    Kept {
        snapshots: stay,
        cut_to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a snapshot after each of these entries and cuts at once; gives what is there in the end.
    fn after(retain: RetainLog, taken: impl IntoIterator<Item = u64>) -> (u64, Vec<u64>) {
        let (mut snapshots, mut first) = (Vec::new(), Seq(1));
        for seq in taken {
            snapshots.push(Seq(seq));
            let kept = kept(&snapshots, first, retain, 2);
            snapshots = kept.snapshots;
            first = kept.cut_to.map_or(first, |cut| first.max(cut.next()));
            // A fold can begin at the first entry, and entries stay as promised.
            assert!(first == Seq(1) || snapshots.first() == Some(&Seq(first.0 - 1)));
            if let RetainLog::Entries(entries) = retain {
                let there = (seq + 1).saturating_sub(first.0);
                assert!(there >= entries.min(seq), "{there} at {seq}");
            }
        }
        (first.0, snapshots.iter().map(|seq| seq.0).collect())
    }

    #[test]
    fn what_a_recovery_needs_is_the_newest_snapshots_and_the_log_from_there() {
        let (first, snapshots) = after(RetainLog::SinceSnapshot, [7]);
        assert_eq!((first, snapshots), (1, vec![7]));
        let (first, snapshots) = after(RetainLog::SinceSnapshot, [7, 8, 9]);
        assert_eq!((first, snapshots), (9, vec![8, 9]));
    }

    #[test]
    fn the_whole_log_needs_no_old_snapshot() {
        let (first, snapshots) = after(RetainLog::All, (1..50).map(|round| round * 100));
        assert_eq!((first, snapshots), (1, vec![4_800, 4_900]));
    }

    #[test]
    fn entries_behind_the_newest_snapshot_stay_with_one_to_begin_with() {
        for every in [1, 7, 100, 333, 1_000, 5_000] {
            let taken = (1..40_000 / every).map(|round| round * every);
            let last = taken.clone().next_back().unwrap();
            let (first, snapshots) = after(RetainLog::Entries(1_000), taken);
            assert!(snapshots.len() <= 12, "{snapshots:?}");
            let there = last + 1 - first;
            assert!(there <= 1_500 + 2 * every, "{there} with one every {every}");
        }
    }

    #[test]
    fn restarts_in_a_row_cost_no_history() {
        let taken = [20_000, 40_000, 60_000, 60_010, 60_020, 60_030, 60_040];
        let (first, snapshots) = after(RetainLog::Entries(200_000), taken);
        assert_eq!((first, snapshots), (1, vec![40_000, 60_030, 60_040]));
    }

    #[test]
    fn a_journal_that_was_cut_before_grows_from_there() {
        let before = [Seq(50), Seq(75)];
        let kept = kept(&before, Seq(51), RetainLog::Entries(1_000), 2);
        assert_eq!(kept.snapshots, before);
        assert_eq!(kept.cut_to, None);
    }
}
