//! Tells what becomes of plugins: in the log, and as an event.

use crate::driver::Driver;
use cordboard_core::Input;
use cordboard_core::event::PluginChange;
use cordboard_core::ids::PluginId;
use cordboard_core::input::{PLUGIN_DETAIL_MAX, PluginNews};
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;

/// News that wait until there is a driver to take them. What comes on top is in the log alone.
const WAITING_MAX: usize = 64;

/// Where news of plugins go.
#[derive(Clone, Default)]
pub(super) struct News(Arc<Mutex<Way>>);

enum Way {
    /// The driver does not run yet.
    Waiting(Vec<PluginNews>),
    Open(Driver),
}

impl Default for Way {
    fn default() -> Self {
        Self::Waiting(Vec::new())
    }
}

impl News {
    /// Gives everything to `driver` from here on, what has waited first.
    pub(super) fn attach(&self, driver: Driver) {
        let before = std::mem::replace(&mut *self.0.lock(), Way::Open(driver.clone()));
        if let Way::Waiting(waiting) = before {
            waiting.into_iter().for_each(|news| submit(&driver, news));
        }
    }

    /// Tells what became of a plugin. Never waits.
    pub(super) fn tell(&self, news: PluginNews) {
        match &mut *self.0.lock() {
            Way::Waiting(waiting) if waiting.len() < WAITING_MAX => waiting.push(news),
            Way::Waiting(_) => {}
            Way::Open(driver) => submit(driver, news),
        }
    }
}

impl fmt::Debug for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("News").finish_non_exhaustive()
    }
}

fn submit(driver: &Driver, news: PluginNews) {
    // An engine that ends meanwhile needs no news.
    drop(driver.submit(Input::PluginChanged(news), driver.clock().hold()));
}

/// Writes what became of a plugin into the log, and makes news of it. `slot` is its name.
pub(super) fn news(
    plugin: PluginId,
    slot: &str,
    change: PluginChange,
    mut detail: String,
) -> PluginNews {
    while detail.len() > PLUGIN_DETAIL_MAX {
        detail.pop();
    }
    match change {
        PluginChange::Refused => {
            tracing::error!(slot, detail, "the plugin cannot be loaded");
        }
        PluginChange::CandidateRefused => {
            tracing::error!(slot, detail, "the candidate cannot be loaded");
        }
        PluginChange::CandidateStopped => {
            tracing::error!(slot, detail, "the candidate is taken back");
        }
        PluginChange::ReuseEnded => {
            tracing::warn!(
                slot,
                detail,
                "the plugin does not decide by the facts alone"
            );
        }
        PluginChange::CandidateStep => {
            tracing::info!(slot, detail, "the candidate decides for more calls");
        }
        PluginChange::Compared => {
            tracing::info!(slot, detail, "the candidate is compared");
        }
    }
    PluginNews {
        plugin,
        change,
        detail,
    }
}
