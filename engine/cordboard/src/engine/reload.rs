//! Replacing the configuration while calls run.

use super::Engine;
use super::builder::keep_text;
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
    if let Some(plugins) = &inner.plugins {
        plugins.load(&config, &blobs);
    }
    let input = Input::Config(Arc::clone(&config.config));
    let taken = inner.driver.submit(input, inner.driver.clock().hold());
    #[cfg(feature = "azure")]
    {
        if let (Some(edge), Some(settings)) = (&inner.edge, settings) {
            edge.settings.store(Arc::new(settings));
        }
        inner
            .tokens
            .store(Arc::new(crate::edge::api::Tokens::new(&config)));
    }
    inner.current.store(Arc::new(config));
    taken
        .wait()
        .map_err(|error| BuildErrors(vec![BuildError::Reload(error)]))?;
    Ok(())
}
