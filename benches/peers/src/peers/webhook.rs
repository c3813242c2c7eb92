//! The rule behind HTTP on this machine: what an answer costs before any network.

use super::Peer;
use crate::decision::{Decision, Ranking};
use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use skill_match::SkillLevels;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use ureq::Agent;

/// A server on a thread of its own, and a client that keeps its connection.
#[derive(Debug)]
pub struct Webhook {
    client: Agent,
    url: String,
}

impl Webhook {
    /// Starts the server; it ends with the program.
    ///
    /// # Errors
    /// There is no socket to be had.
    pub fn start(plugin: SkillLevels) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}/rank", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        thread::spawn(move || runtime.block_on(serve(listener, Arc::new(plugin))));
        Ok(Self {
            client: Agent::new_with_defaults(),
            url,
        })
    }
}

async fn serve(listener: TcpListener, plugin: Arc<SkillLevels>) -> Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router = Router::new().route("/rank", post(rank)).with_state(plugin);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn rank(
    State(plugin): State<Arc<SkillLevels>>,
    question: Bytes,
) -> Result<Vec<u8>, StatusCode> {
    json_rule::rank(&plugin, &question).map_err(|_| StatusCode::BAD_REQUEST)
}

impl Peer for Webhook {
    fn name(&self) -> &str {
        "webhook"
    }

    fn note(&self) -> &str {
        "HTTP on this machine, one connection kept"
    }

    fn decide(&mut self, decision: &Decision) -> Result<Ranking> {
        let mut answer = self.client.post(&self.url).send_json(&decision.question)?;
        Ok(answer.body_mut().read_json()?)
    }
}
