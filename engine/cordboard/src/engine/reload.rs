//! Replacing the configuration while calls run.

use super::Engine;
use super::builder::{check_tenant, keep_sounds, keep_text};
use crate::config::Compiled;
use crate::error::{BuildError, BuildErrors, SubmitError};
use cordboard_core::Input;
use std::sync::Arc;

/// Puts a configuration in force. Live calls keep the flow, menus and time-outs that they began
/// with; agents, skills, groups and hours change at once, and so do plugins.
pub(super) fn reload(engine: &Engine, config: Compiled) -> Result<(), BuildErrors> {
    let inner = &engine.0;
    // One at a time, so that two cannot give the same number to different names.
    let _turn = inner.reloading.lock();
    let before = inner.current.load_full();
    check_tenant(&before.config, &config)?;
    let config = config.keeping(&before.config.symbols).map_err(|problems| {
        BuildErrors(
            problems
                .into_iter()
                .map(BuildError::Configuration)
                .collect(),
        )
    })?;
    #[cfg(feature = "azure")]
    let settings = match &inner.edge {
        Some(edge) => Some(edge.settings_of(&config)?),
        None => None,
    };
    let blobs = inner
        .readers
        .lock()
        .as_ref()
        .map(|readers| Arc::clone(&readers.blobs));
    let Some(blobs) = blobs else {
        return Err(BuildError::Reload(SubmitError::Stopped).into());
    };
    keep_text(blobs.as_ref(), &config);
    keep_sounds(blobs.as_ref(), &config);
    let config = Arc::new(config);
    let mut news = Vec::new();
    if let Some(plugins) = &inner.plugins {
        plugins.prepare(&config)?;
        news = plugins.load(&config, &blobs);
    }
    // Before the core has it: what the core commands may need the new prompts and names.
    #[cfg(feature = "azure")]
    let settings_before = match (&inner.edge, settings) {
        (Some(edge), Some(settings)) => Some((edge, edge.settings.swap(Arc::new(settings)))),
        _ => None,
    };
    inner.current.store(Arc::clone(&config));
    let input = Input::Config(Arc::clone(&config.config));
    let taken = inner.driver.submit(input, inner.driver.clock().hold());
    let Err(error) = taken.wait() else {
        // Now that the core knows the names of the slots.
        let told: Vec<_> = news
            .into_iter()
            .map(|news| {
                let hold = inner.driver.clock().hold();
                inner.driver.submit(Input::PluginChanged(news), hold)
            })
            .collect();
        // An engine that ends meanwhile has the configuration in force all the same.
        told.into_iter().for_each(|told| drop(told.wait()));
        return Ok(());
    };
    inner.current.store(before.clone());
    #[cfg(feature = "azure")]
    if let Some((edge, settings)) = settings_before {
        edge.settings.store(settings);
    }
    if let Some(plugins) = &inner.plugins {
        drop(plugins.load(&before, &blobs));
    }
    Err(BuildError::Reload(error).into())
}
