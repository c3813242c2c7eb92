//! A service that has an axum router of its own mounts the engine in it.
//!
//! Run it with `cargo run --release --example embed_axum -- examples/contoso.json`, and
//! `cordboard simulator` beside it. The first argument is the configuration, the second the address.
#![expect(clippy::print_stdout, reason = "it shows what happens")]

use axum::Router;
use axum::routing::get;
use cordboard::Engine;
use cordboard::config::{Machine, compile};
use cordboard::events::{Item, to_json};
use std::path::Path;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
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
        asked = tokio::signal::ctrl_c() => asked?,
    }
    engine.shutdown()?;
    Ok(())
}
