//! `cordboard serve --config FILE`.

use crate::check;
use anyhow::Context as _;
use clap::Args;
use cordboard::Engine;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::net::TcpListener;

/// Runs the engine with a configuration until it is told to stop (Ctrl-C or SIGTERM).
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The configuration.
    #[arg(long)]
    config: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let text = check::read(&arguments.config)?;
    let Some(compiled) = check::compile(&arguments.config, &text) else {
        return Ok(ExitCode::FAILURE);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let address = compiled.listen;
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        let engine = Engine::builder(compiled).build()?;
        println!("cordboard listens on http://{}", listener.local_addr()?);
        let service = axum::serve(listener, engine.router());
        service
            .with_graceful_shutdown(stop_asked())
            .await
            .context("the server broke down")?;
        engine
            .shutdown()
            .context("the journal was not closed properly")?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Ready when the program is asked to stop.
pub(crate) async fn stop_asked() {
    let interrupt = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return interrupt.await;
        };
        tokio::select! {
            () = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
