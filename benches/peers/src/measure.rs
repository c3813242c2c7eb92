//! Peers take turns, so that a slow moment of the machine is slow for all of them.

use crate::decision::Decision;
use crate::peers::Peer;
use anyhow::{Context as _, Result};
use serde::Serialize;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A turn lasts at least so long: the clock reads to some 30 ns.
const TURN_MIN: Duration = Duration::from_micros(50);
/// Decisions of one turn at most.
const TURN_DECISIONS_MAX: u32 = 10_000;
/// Decisions before the first that counts.
const WARM_UP: u32 = 50;

/// What one peer needs for one decision.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Who.
    pub peer: String,
    /// What the figure contains.
    pub note: String,
    /// Whether its ranking was compared with that of the native rule.
    pub compared: bool,
    /// Median of the turns, in ns a decision.
    pub p50_ns: f64,
    /// 99th percentile of the turns, in ns a decision.
    pub p99_ns: f64,
    /// The median in proportion to that of the first peer.
    pub ratio: f64,
}

/// The figures of all peers for so many candidates.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Agents to choose from.
    pub candidates: u32,
    /// In the order of the peers.
    pub peers: Vec<Figures>,
}

/// Lets all peers decide by turns.
///
/// # Errors
/// A peer fails, or decides something else than the first.
pub fn measure(
    peers: &mut [Box<dyn Peer>],
    decision: &Decision,
    rounds: u32,
) -> Result<Vec<Figures>> {
    let mut turns = Vec::new();
    for peer in &mut *peers {
        let name = peer.name().to_owned();
        let ranking = peer.decide(decision).with_context(|| name.clone())?;
        if peer.follows_rule() {
            decision.check(&name, &ranking)?;
        }
        let each = decide(peer.as_mut(), decision, WARM_UP)? / WARM_UP;
        let turn = TURN_MIN.as_nanos() / each.as_nanos().max(1) + 1;
        turns.push((u32::try_from(turn)?.min(TURN_DECISIONS_MAX), Vec::new()));
    }
    for _ in 0..rounds {
        for (peer, (decisions, times)) in peers.iter_mut().zip(&mut turns) {
            let took = decide(peer.as_mut(), decision, *decisions)?;
            times.push(took.as_nanos() as f64 / f64::from(*decisions));
        }
    }
    let mut figures = Vec::new();
    let mut first = None;
    for (peer, (_, mut times)) in peers.iter().zip(turns) {
        times.sort_by(f64::total_cmp);
        let p50_ns = percentile(&times, 50);
        figures.push(Figures {
            peer: peer.name().to_owned(),
            note: peer.note().to_owned(),
            compared: peer.follows_rule(),
            p50_ns,
            p99_ns: percentile(&times, 99),
            ratio: p50_ns / *first.get_or_insert(p50_ns),
        });
    }
    Ok(figures)
}

fn decide(peer: &mut dyn Peer, decision: &Decision, times: u32) -> Result<Duration> {
    let started = Instant::now();
    for _ in 0..times {
        black_box(peer.decide(black_box(decision))?);
    }
    Ok(started.elapsed())
}

/// The value that so many of a hundred do not exceed; `sorted` is ascending.
fn percentile(sorted: &[f64], of_hundred: usize) -> f64 {
    let at = (sorted.len() * of_hundred).div_ceil(100).max(1) - 1;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}
