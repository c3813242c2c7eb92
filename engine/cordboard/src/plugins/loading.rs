//! Loads plugins on threads of their own, within a time.

use super::limits;
use crate::config::{CandidateSlot, PluginSlot};
use cordboard_core::ids::PluginId;
use cordboard_journal::Blobs;
use cordboard_plugin_host::{
    Digest, LoadError, Names, PluginHost, PluginInfo, PluginLimits, PluginSpec, SigningKey, SlotId,
};
use crossbeam_channel::{RecvTimeoutError, bounded};
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Time to load a plugin, compiling included, unless its slot says otherwise. Large components take
/// tens of seconds on a small machine.
const LOAD_TIME: Duration = Duration::from_secs(60);

/// Set in the host's slot of a candidate; the rest is that of its slot. Numbers of plugins stay below.
const OF_CANDIDATE: u64 = 1 << 63;

/// Returns the host's slot of a plugin's candidate.
pub(super) fn candidate_slot(plugin: PluginId) -> SlotId {
    SlotId(SlotId::from(plugin).0 | OF_CANDIDATE)
}

/// What is to be loaded into a slot of the host.
#[derive(Clone, Debug)]
pub(super) struct Version {
    slot: SlotId,
    file: PathBuf,
    sha256: Option<Digest>,
    public_key: Option<SigningKey>,
    config: Value,
    limits: PluginLimits,
    time: Duration,
}

impl Version {
    /// The host's slot that it belongs into.
    pub(super) fn slot(&self) -> SlotId {
        self.slot
    }

    pub(super) fn of_slot(plugin: PluginId, slot: &PluginSlot) -> Self {
        Self {
            slot: SlotId::from(plugin),
            file: slot.file.clone(),
            // The configuration has checked that it is one.
            sha256: slot.sha256.as_deref().and_then(Digest::parse),
            public_key: slot.public_key.clone(),
            config: slot.config.clone(),
            limits: limits(slot),
            time: slot
                .limits
                .load_seconds
                .map_or(LOAD_TIME, Duration::from_secs),
        }
    }

    pub(super) fn of_candidate(
        plugin: PluginId,
        slot: &PluginSlot,
        candidate: &CandidateSlot,
    ) -> Self {
        Self {
            slot: candidate_slot(plugin),
            file: candidate.file.clone(),
            sha256: candidate.sha256.as_deref().and_then(Digest::parse),
            config: candidate.config.clone(),
            ..Self::of_slot(plugin, slot)
        }
    }

    /// Reads the file, and checks who has signed it.
    pub(super) fn read(&self, host: &PluginHost) -> Result<Vec<u8>, LoadError> {
        let component = host.read(&self.file)?;
        if let Some(key) = &self.public_key {
            key.check(&component, &self.file)?;
        }
        Ok(component)
    }

    pub(super) fn spec<'a>(&'a self, component: &'a [u8], names: &'a Names) -> PluginSpec<'a> {
        PluginSpec {
            component,
            sha256: self.sha256,
            config: &self.config,
            names,
            limits: self.limits,
        }
    }
}

/// Loads plugins, at most one at a time into each slot.
#[derive(Debug, Default)]
pub(super) struct Loader {
    /// Slots with a load under way, those included that nobody waits for any more.
    busy: Arc<Mutex<BTreeSet<SlotId>>>,
}

impl Loader {
    /// Loads a version into its slot, and keeps beside the journal what its decisions need to be
    /// replayed. Blocks this thread, at most for the time that the slot has.
    ///
    /// # Errors
    ///
    /// The slot keeps what it had.
    pub(super) fn load(
        &self,
        host: &Arc<PluginHost>,
        version: &Version,
        names: &Arc<Names>,
        blobs: &dyn Blobs,
    ) -> Result<PluginInfo, LoadError> {
        let loaded = {
            let (host, version, names) = (Arc::clone(host), version.clone(), Arc::clone(names));
            self.within(version.slot, version.time, move || {
                let component = version.read(&host)?;
                let plugin = host.compile(&version.spec(&component, &names))?;
                Ok((component, plugin))
            })
        };
        let loaded = loaded.map(|(component, plugin)| {
            // What the records name: without it no decision can be replayed.
            for bytes in [component.as_slice(), plugin.configuration().as_bytes()] {
                if let Err(error) = blobs.put(bytes) {
                    let plugin = &plugin.info().manifest.name;
                    tracing::warn!(plugin, %error, "the plugin is not kept beside the journal");
                }
            }
            plugin
        });
        host.put(version.slot, loaded)
    }

    /// Does something on a thread of its own, and waits for it no longer than `time`. Compiling
    /// cannot be broken off: what takes longer goes on, keeps its slot busy, and is thrown away.
    fn within<T: Send + 'static>(
        &self,
        slot: SlotId,
        time: Duration,
        work: impl FnOnce() -> Result<T, LoadError> + Send + 'static,
    ) -> Result<T, LoadError> {
        if !self.busy.lock().insert(slot) {
            return Err(LoadError::Busy);
        }
        let turn = Turn {
            busy: Arc::clone(&self.busy),
            slot,
        };
        let (sender, receiver) = bounded(1);
        std::thread::Builder::new()
            .name("cordboard-plugin-load".to_owned())
            .spawn(move || {
                let done = work();
                // Before whoever waits goes on, and may load again.
                drop(turn);
                drop(sender.send(done));
            })
            .map_err(LoadError::Thread)?;
        receiver
            .recv_timeout(time)
            .unwrap_or_else(|error| match error {
                RecvTimeoutError::Timeout => Err(LoadError::TooSlow {
                    seconds: time.as_secs(),
                }),
                RecvTimeoutError::Disconnected => Err(LoadError::Malformed(
                    "loading it panicked, see the log: please report this plugin".to_owned(),
                )),
            })
    }
}

/// A load under way.
struct Turn {
    busy: Arc<Mutex<BTreeSet<SlotId>>>,
    slot: SlotId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.busy.lock().remove(&self.slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT: SlotId = SlotId(1);
    const OTHER: SlotId = SlotId(2);
    /// No work of these tests takes long, unless it waits for the test.
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_takes_too_long_is_refused_and_keeps_its_slot_alone_busy() {
        let loader = Loader::default();
        let (release, held) = bounded::<()>(0);
        let (ended, end) = bounded::<()>(1);
        let slow = loader.within(SLOT, Duration::ZERO, move || {
            let _ = held.recv();
            drop(ended);
            Ok(())
        });
        assert!(matches!(slow, Err(LoadError::TooSlow { seconds: 0 })));
        let meanwhile = loader.within(SLOT, LONG, || Ok(()));
        assert!(matches!(meanwhile, Err(LoadError::Busy)), "{meanwhile:?}");
        assert!(loader.within(OTHER, LONG, || Ok(())).is_ok());

        release.send(()).unwrap();
        assert!(end.recv().is_err(), "it has ended");
        while loader.busy.lock().contains(&SLOT) {
            std::thread::yield_now();
        }
        assert!(loader.within(SLOT, LONG, || Ok(())).is_ok());
    }

    #[test]
    fn a_panic_while_loading_is_an_error_and_frees_the_slot() {
        let loader = Loader::default();
        let panicked = loader.within::<()>(SLOT, LONG, || panic!("on purpose"));
        assert!(matches!(panicked, Err(LoadError::Malformed(_))));
        while loader.busy.lock().contains(&SLOT) {
            std::thread::yield_now();
        }
        assert!(loader.within(SLOT, LONG, || Ok(())).is_ok());
    }
}
