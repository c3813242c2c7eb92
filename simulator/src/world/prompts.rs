//! Audio files: fetched once, kept with their length.

use std::{collections::BTreeMap, sync::Arc};

use super::{CallId, media::OpId};

/// Most files that are kept; beyond, the shelf is cleared and each is fetched anew.
const FILES_MAX: usize = 10_000;

#[derive(Default)]
pub(super) struct Prompts {
    files: BTreeMap<String, File>,
}

enum File {
    /// On its way, for these operations.
    Fetching(Vec<(CallId, OpId)>),
    Ready {
        duration_ms: u64,
    },
}

/// What is known of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    Ready {
        duration_ms: u64,
    },
    Fetching,
    /// Whoever asked has to fetch it.
    Missing,
}

impl Prompts {
    /// Looks for a file, for an operation that is to be resumed once it is there.
    pub(super) fn look_up(&mut self, key: &str, call: &CallId, op: OpId) -> Known {
        match self.files.get_mut(key) {
            Some(File::Ready { duration_ms }) => Known::Ready {
                duration_ms: *duration_ms,
            },
            Some(File::Fetching(waiting)) => {
                waiting.push((Arc::clone(call), op));
                Known::Fetching
            }
            None => {
                if self.files.len() >= FILES_MAX {
                    self.files
                        .retain(|_, file| matches!(file, File::Fetching(_)));
                }
                self.files
                    .insert(key.to_owned(), File::Fetching(vec![(Arc::clone(call), op)]));
                Known::Missing
            }
        }
    }

    /// A file is there, or (`None`) is not to be had; the operations that waited for it.
    pub(super) fn fetched(&mut self, key: &str, duration_ms: Option<u64>) -> Vec<(CallId, OpId)> {
        let Some(File::Fetching(mut waiting)) = self.files.remove(key) else {
            return Vec::new();
        };
        if let Some(duration_ms) = duration_ms {
            self.files
                .insert(key.to_owned(), File::Ready { duration_ms });
        }
        waiting.sort();
        waiting.dedup();
        waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_fetched_once_and_those_who_ask_meanwhile_wait() {
        let (call, mut prompts) = (CallId::from("c"), Prompts::default());
        assert_eq!(prompts.look_up("k", &call, OpId(1)), Known::Missing);
        assert_eq!(prompts.look_up("k", &call, OpId(2)), Known::Fetching);
        assert_eq!(prompts.look_up("k", &call, OpId(2)), Known::Fetching);
        assert_eq!(
            prompts.fetched("k", Some(7)),
            [(Arc::clone(&call), OpId(1)), (Arc::clone(&call), OpId(2))]
        );
        assert_eq!(
            prompts.look_up("k", &call, OpId(3)),
            Known::Ready { duration_ms: 7 }
        );
    }

    #[test]
    fn a_failure_is_not_remembered() {
        let (call, mut prompts) = (CallId::from("c"), Prompts::default());
        prompts.look_up("k", &call, OpId(1));
        assert_eq!(prompts.fetched("k", None).len(), 1);
        assert_eq!(prompts.look_up("k", &call, OpId(2)), Known::Missing);
    }
}
