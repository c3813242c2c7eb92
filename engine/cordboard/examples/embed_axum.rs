//! A service that has an axum router of its own mounts the engine in it.
//!
//! Run it with `cargo run --release --example embed_axum -- examples/contoso.json`, and
//! `cordboard simulator` beside it. The first argument is the configuration, the second the address.
#![expect(clippy::print_stdout, reason = "it shows what happens")]

use axum::Router;
use axum::routing::get;
use cordboard::Engine;
use cordboard::config::{DrainSettings, Machine, compile};
use cordboard::events::{Item, to_json};
use std::path::Path;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // What goes wrong inside is told through `tracing`.
    tracing_subscriber::fmt().init();
    let mut arguments = std::env::args().skip(1);
    let file = arguments
        .next()
        .unwrap_or_else(|| "examples/contoso.json".to_owned());
    let address = arguments
        .next()
        .unwrap_or_else(|| "127.0.0.1:8080".to_owned());

    let folder = Path::new(&file).parent().unwrap_or(Path::new("."));
    let text = std::fs::read_to_string(&file)?;
    let config = compile(&text, None, &Machine::new(folder)).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })?;
    let drain = config.drain;
    let engine = Engine::builder(config).build()?;

    let mut events = engine.events().subscribe(None);
    let config = engine.config();
    tokio::spawn(async move {
        while let Some(delivery) = events.next().await {
            if let Item::Event(event) = delivery.item {
                println!("{}", to_json(&event, &config.symbols));
            }
        }
    });

    let own = Router::new().route("/", get(|| async { "our own service" }));
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("listening on {}", listener.local_addr()?);
    tokio::select! {
        served = axum::serve(listener, own.merge(engine.router())) => served?,
        drained = asked_and_drained(&engine, drain) => drained?,
    }
    // Calls that are left go on at the service: the next start on the journal takes them over.
    engine.shutdown()?;
    Ok(())
}

/// Ready when the program is asked to stop and its calls have ended, or their time is over. The router is
/// served meanwhile: those calls need it.
async fn asked_and_drained(
    engine: &Engine,
    drain: DrainSettings,
) -> Result<(), Box<dyn std::error::Error>> {
    stop_asked().await?;
    engine.set_new_calls(drain.new_calls).await?;
    let ended = async {
        while engine.overview().await?.live_calls > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    };
    tokio::select! {
        ended = ended => ended,
        () = tokio::time::sleep(Duration::from_millis(drain.time.0)) => Ok(()),
    }
}

/// Ready at Ctrl-C, and at the signal by which containers are stopped.
async fn stop_asked() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            asked = tokio::signal::ctrl_c() => asked,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
