//! `cordboard serve --config FILE`.

mod call_log;
mod entrance;

use crate::{check, output};
use anyhow::{Context as _, bail};
use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use clap::Args;
use cordboard::Engine;
use cordboard::config::DrainSettings;
use cordboard::core::ids::Millis;
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
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        configuration = %arguments.config.display(),
        "cordboard starts"
    );
    let text = check::read(&arguments.config)?;
    let Some(compiled) = check::compile(&arguments.config, &text) else {
        return Ok(ExitCode::FAILURE);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let address = compiled.listen;
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "cannot listen on {address}: end what listens there, or change `listen.address`"
            )
        })?;
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
        let recovered = engine.recovered();
        let away = engine.clock().now().saturating_sub(recovered.last_at.0);
        tracing::info!(
            journal = %journal.display(),
            last_entry = recovered.last_entry,
            // Of a new journal there is none.
            written_seconds_ago = (recovered.last_entry > 0).then_some(away / 1_000),
            "the journal is open"
        );
        let mut call_log = tokio::spawn(call_log::write(
            engine.events().subscribe(Some(recovered.through)),
            engine.config(),
        ));
        started.send_replace(Some(engine.router().fallback(nothing_here)));
        output::say(format_args!("cordboard listens on http://{address}"))?;
        // The journal has failed, or there is a mistake in the engine: a program that went on would take no call, one that
        // ends is started again, and takes the calls over.
        let broken = tokio::select! {
            () = asked_and_drained(&engine, drain) => None,
            reason = &mut call_log => Some(reason?),
        };
        // The engine first: it answers what waits and ends the streams of events, which a server
        // would otherwise wait for as long as a desktop is there.
        let left = engine.shed().left;
        let stopped = tokio::task::spawn_blocking(move || engine.shutdown()).await?;
        if broken.is_none() {
            // What happened until the end is logged.
            drop(tokio::time::timeout(LAST_ANSWERS, call_log).await);
        }
        drop(over);
        drop(tokio::time::timeout(LAST_ANSWERS, server).await);
        if let Some(reason) = broken {
            bail!("the engine has stopped: {reason}");
        }
        let stopped = stopped.context("the journal was not closed properly")?;
        // Of those the log names one a second at most.
        let new_calls_left = (left > 0).then_some(left);
        tracing::info!(last_entry = stopped.last, new_calls_left, "stopped");
        Ok(ExitCode::SUCCESS)
    })
}

async fn nothing_here() -> impl IntoResponse {
    let text = "there is nothing here: `/v1/openapi.json` describes the API";
    (StatusCode::NOT_FOUND, Json(json!({ "error": text })))
}

/// Ready when the program is asked to stop and calls have ended, or their time is over, or it is asked
/// again.
async fn asked_and_drained(engine: &Engine, drain: DrainSettings) {
    stop_asked().await;
    let (calls, wrap_ups) = live_calls(engine).await.unwrap_or_default();
    if drain.time == Millis(0) {
        tracing::info!(
            calls,
            wrap_ups,
            "stopping; the next start on the journal takes the calls over"
        );
        return;
    }
    tracing::warn!(
        seconds = drain.time.0 / 1_000,
        calls,
        wrap_ups,
        "stopping when the calls have ended; ask again to stop at once"
    );
    let ended = async {
        // If it cannot be journaled the engine ends by itself.
        drop(engine.set_new_calls(drain.new_calls).await);
        while live_calls(engine)
            .await
            .is_some_and(|(calls, wrap_ups)| calls + wrap_ups > 0)
        {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let why = tokio::select! {
        () = stop_asked() => "asked again to stop",
        () = ended => return tracing::info!("all calls have ended"),
        () = tokio::time::sleep(Duration::from_millis(drain.time.0)) => "the time to drain is over",
    };
    let (calls, wrap_ups) = live_calls(engine).await.unwrap_or_default();
    tracing::warn!(
        calls,
        wrap_ups,
        "{why}: calls are left, which the next start on the journal takes over"
    );
}

/// How often it is looked whether calls are left.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Counts the calls that callers are in, and those that agents have to finish; `None` when the engine has ended.
async fn live_calls(engine: &Engine) -> Option<(usize, usize)> {
    let overview = engine.overview().await.ok()?;
    let calls = overview.live_calls.saturating_sub(overview.wrap_ups);
    Some((calls, overview.wrap_ups))
}

/// How long the last answers may take to reach those who asked.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

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
