//! `cordboard serve --config FILE`.

mod entrance;

use crate::{check, output};
use anyhow::{Context as _, bail};
use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use clap::Args;
use cordboard::Engine;
use cordboard::config::DrainSettings;
use cordboard::core::Event;
use cordboard::core::ids::Millis;
use cordboard::events::Item;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Runs the engine with a configuration until it is told to stop (Ctrl-C or SIGTERM; `drain` in the
/// configuration says how), or until its journal fails.
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
        let address = listener.local_addr()?;
        let journal = compiled.journal.directory.clone();
        let drain = compiled.drain;
        let (started, router) = entrance::router();
        let (over, ending) = oneshot::channel::<()>();
        let service =
            axum::serve(listener, router).with_graceful_shutdown(async { drop(ending.await) });
        let server = tokio::spawn(service.into_future());
        let built = tokio::task::spawn_blocking(|| Engine::builder(compiled).build());
        let engine = built.await??;
        tracing::info!(journal = %journal.display(), "the journal is open");
        started.send_replace(Some(engine.router().fallback(nothing_here)));
        tell_of_live_calls(&engine).await;
        output::say(format_args!("cordboard listens on http://{address}"))?;
        let broken = tokio::select! {
            () = asked_and_drained(&engine, drain) => None,
            reason = broken_down(&engine) => Some(reason),
        };
        // The engine first: it answers what waits and ends the streams of events, which a server
        // would otherwise wait for as long as a desktop is there.
        let stopped = tokio::task::spawn_blocking(move || engine.shutdown()).await?;
        drop(over);
        drop(tokio::time::timeout(LAST_ANSWERS, server).await);
        if let Some(reason) = broken {
            bail!("the engine has stopped: {reason}");
        }
        stopped.context("the journal was not closed properly")?;
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    })
}

/// Logs how many calls lived when the engine was stopped or killed.
async fn tell_of_live_calls(engine: &Engine) {
    if let Ok(overview) = engine.overview().await
        && overview.live_calls > 0
    {
        tracing::info!(calls = overview.live_calls, "calls are taken over");
    }
}

async fn nothing_here() -> impl IntoResponse {
    let text = "there is nothing here: `/v1/openapi.json` describes the API";
    (StatusCode::NOT_FOUND, Json(json!({ "error": text })))
}

/// Ready when the program is asked to stop and calls have ended, or their time is over, or it is asked
/// again.
async fn asked_and_drained(engine: &Engine, drain: DrainSettings) {
    stop_asked().await;
    if drain.time == Millis(0) {
        tracing::info!("stopping; the next start on the journal takes the calls over");
        return;
    }
    tracing::warn!(
        seconds = drain.time.0 / 1_000,
        "stopping when the calls have ended; ask again to stop at once"
    );
    let ended = async {
        // If it cannot be journaled the engine ends by itself.
        drop(engine.set_new_calls(drain.new_calls).await);
        calls_ended(engine).await;
    };
    tokio::select! {
        () = stop_asked() => {}
        () = ended => {}
        () = tokio::time::sleep(Duration::from_millis(drain.time.0)) => {
            tracing::warn!("calls are left; the next start on the journal takes them over");
        }
    }
}

/// How often it is looked whether calls are left.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Ready when no call lives any more.
async fn calls_ended(engine: &Engine) {
    while let Ok(overview) = engine.overview().await {
        if overview.live_calls == 0 {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// How long the last answers may take to reach those who asked.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Logs calls, and is ready when the engine has ended by itself: its journal has failed, or there is a mistake in it. A
/// program that went on would take no call; one that ends is started again, and takes the calls over.
async fn broken_down(engine: &Engine) -> String {
    let mut events = engine.events().subscribe(None);
    while let Some(delivery) = events.next().await {
        match delivery.item {
            Item::Event(event) => log(&event.event),
            Item::Missed { .. } => {}
            Item::Stopped { reason } => return reason,
        }
    }
    "it takes no more inputs".to_owned()
}

/// Who operates calls finds each in the log, by the number that `explain` takes. Not logged where calls are decided: whoever
/// reads the log slowly holds up nobody.
fn log(event: &Event) {
    match event {
        Event::CallReceived { call, from, .. } => tracing::info!(%call, from, "a call has come"),
        Event::CallRejected { from, reason } => tracing::warn!(from, reason, "a call is rejected"),
        Event::CallEnded { call, outcome, .. } => {
            tracing::info!(%call, ?outcome, "a call is over");
        }
        _ => {}
    }
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
