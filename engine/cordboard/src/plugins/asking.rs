//! Puts questions to the version of a plugin that is to answer.

use super::loading::candidate_slot;
use super::news::{News, news};
use super::trial::{Trial, Way, is_failure};
use crate::driver::{Answer, Evidence};
use cordboard_clock::Hold;
use cordboard_core::event::PluginChange;
use cordboard_core::ids::CallId;
use cordboard_core::question::{Advice, Ask, PluginFailure, Verdict};
use cordboard_plugin_host::{Answer as Answered, Digest, Job, Plugin, PluginHost, SlotId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// One in so many decisions on used instances is made again, unless the slot says otherwise.
const RECHECK_EVERY: u64 = 1_000;

/// What is known of a slot while it runs.
#[derive(Debug)]
pub(super) struct Running {
    recheck_every: u64,
    decided: AtomicU64,
    /// The newest call that it was asked about, and one more; 0 before the first.
    calls: AtomicU64,
    /// The version on trial.
    pub(super) trial: Option<Arc<Trial>>,
}

impl Default for Running {
    fn default() -> Self {
        Self::new(None, None)
    }
}

impl Running {
    pub(super) fn new(recheck_every: Option<u64>, trial: Option<Arc<Trial>>) -> Self {
        Self {
            recheck_every: recheck_every.unwrap_or(RECHECK_EVERY),
            decided: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            trial,
        }
    }

    /// Takes over which calls it was asked about before.
    pub(super) fn after(self, before: Option<&Self>) -> Self {
        let calls = before.map_or(0, |before| before.calls.load(Ordering::Relaxed));
        self.calls.fetch_max(calls, Ordering::Relaxed);
        self
    }

    /// Notes that it is asked about a call; returns the newest call of before.
    fn note(&self, call: CallId) -> Option<CallId> {
        let before = self
            .calls
            .fetch_max(call.0.saturating_add(1), Ordering::Relaxed);
        before.checked_sub(1).map(CallId)
    }

    /// Tells whether the decision that a plugin has just made is to be made again.
    fn is_recheck_due(&self, plugin: &Plugin) -> bool {
        self.recheck_every > 0
            && plugin.reuses()
            && (self.decided.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(self.recheck_every)
    }
}

/// What a question needs on its way. It does not keep the host: whoever ends it waits for its workers,
/// which hold this.
#[derive(Clone)]
pub(super) struct Asking {
    pub(super) host: Weak<PluginHost>,
    pub(super) running: Arc<Running>,
    pub(super) news: News,
}

impl Asking {
    /// Asks the version whose turn it is.
    pub(super) fn ask(self, host: &PluginHost, ask: Ask, hold: Hold, answer: Answer) {
        let newest = self.running.note(ask.call);
        let Some(trial) = self.running.trial.clone() else {
            return self.ask_own(host, ask, hold, answer, None, String::new());
        };
        match trial.way(ask.call, ask.now, newest) {
            Way::Own => self.ask_own(host, ask, hold, answer, None, String::new()),
            Way::Shadowed => self.ask_own(host, ask, hold, answer, Some(trial), String::new()),
            Way::Candidate => self.ask_candidate(host, trial, ask, hold, answer),
        }
    }

    /// Asks the slot's own version. `remark` is what went before.
    fn ask_own(
        self,
        host: &PluginHost,
        ask: Ask,
        hold: Hold,
        answer: Answer,
        shadow: Option<Arc<Trial>>,
        remark: String,
    ) {
        let slot = SlotId::from(ask.plugin);
        let plugin = host.plugin(slot);
        let for_shadow = shadow.map(|trial| (trial, ask.clone()));
        let id = ask.plugin;
        let reply = move |answered: Answered| {
            let recheck = plugin
                .as_ref()
                .filter(|plugin| self.running.is_recheck_due(plugin));
            let kept = (recheck.is_some() || for_shadow.is_some()).then(|| answered.clone());
            let mut evidence = evidence(plugin.as_deref(), &answered);
            if !remark.is_empty() {
                let detail = std::mem::take(&mut evidence.detail);
                evidence.detail = match detail.as_str() {
                    "" => remark,
                    own => format!("{remark}; {own}"),
                };
            }
            answer.give(answered.verdict, evidence, hold);
            // Nobody waits from here on.
            let Some(answered) = kept else {
                return;
            };
            if let Some(plugin) = recheck
                && plugin.recheck(&answered)
            {
                let slot = &plugin.info().manifest.name;
                let detail = "the same question had another answer on a fresh instance; each decision has one from here on";
                let change = PluginChange::ReuseEnded;
                self.news.tell(news(id, slot, change, detail.to_owned()));
            }
            if let Some((trial, ask)) = for_shadow
                && let Some(host) = self.host.upgrade()
            {
                ask_beside(&host, &self.host, trial, ask, answered.verdict);
            }
        };
        host.submit(Job {
            slot,
            ask,
            reply: Box::new(reply),
        });
    }

    /// Asks the candidate; where it fails, the slot's own version.
    fn ask_candidate(
        self,
        host: &PluginHost,
        trial: Arc<Trial>,
        ask: Ask,
        hold: Hold,
        answer: Answer,
    ) {
        let slot = candidate_slot(ask.plugin);
        let plugin = host.plugin(slot);
        let again = ask.clone();
        let reply = move |answered: Answered| {
            let mut evidence = evidence(plugin.as_deref(), &answered);
            let host = self.host.upgrade();
            learn(host.as_deref(), &trial, slot, &answered);
            if !is_failure(&answered.verdict.result) {
                evidence.candidate = true;
                answer.give(answered.verdict, evidence, hold);
                return;
            }
            let remark = format!(
                "the candidate {} failed: {}",
                evidence.plugin, evidence.detail
            );
            match host {
                Some(host) => self.ask_own(&host, again, hold, answer, None, remark),
                None => answer.give(answered.verdict, evidence, hold),
            }
        };
        host.submit(Job {
            slot,
            ask,
            reply: Box::new(reply),
        });
    }
}

/// Asks the candidate what was asked, without effect. Where it is behind, it is not asked.
fn ask_beside(
    host: &PluginHost,
    weak: &Weak<PluginHost>,
    trial: Arc<Trial>,
    ask: Ask,
    said: Verdict,
) {
    let slot = candidate_slot(ask.plugin);
    let weak = Weak::clone(weak);
    let reply = move |answered: Answered| match answered.verdict.result {
        Err(PluginFailure::Overload | PluginFailure::NotLoaded) => trial.left_out(),
        _ => {
            trial.compare(&said, &answered.verdict);
            learn(weak.upgrade().as_deref(), &trial, slot, &answered);
        }
    };
    host.submit(Job {
        slot,
        ask,
        reply: Box::new(reply),
    });
}

/// Lets a trial learn from an answer of its candidate, which is unloaded if that ends the trial.
fn learn(host: Option<&PluginHost>, trial: &Trial, slot: SlotId, answered: &Answered) {
    let is_breaker_open = host.is_some_and(|host| host.is_breaker_open(slot));
    if trial.learn(&answered.verdict.result, answered.elapsed, is_breaker_open)
        && let Some(host) = host
    {
        host.unload(slot);
    }
}

/// What the decision record tells of an answer. `asked` is the plugin that was there when it was asked.
fn evidence(asked: Option<&Plugin>, answered: &Answered) -> Evidence {
    let asked = asked.filter(|plugin| Some(plugin.info().plugin) == answered.plugin);
    let info = asked.map(Plugin::info);
    let limits = asked.map(Plugin::limits);
    Evidence {
        plugin: info
            .map(|info| format!("{} {}", info.manifest.name, info.manifest.version))
            .unwrap_or_default(),
        candidate: false,
        plugin_sha256: hexadecimal(answered.plugin),
        config_sha256: hexadecimal(answered.configuration),
        ran_ns: u64::try_from(answered.elapsed.as_nanos()).unwrap_or(u64::MAX),
        time_ms: limits.map_or(0, |limits| millis(limits.deadline)),
        memory_bytes: limits.map_or(0, |limits| limits.memory_bytes as u64),
        detail: answered.detail.clone().unwrap_or_default(),
        reasons: info
            .map(|info| reasons(&info.manifest.reasons, &answered.verdict))
            .unwrap_or_default(),
    }
}

/// The texts of the reason codes that a verdict uses.
fn reasons(texts: &BTreeMap<u32, String>, verdict: &Verdict) -> BTreeMap<u32, String> {
    let codes: Vec<u32> = match &verdict.result {
        Ok(Advice::SkillMatch(rows) | Advice::ContactSelect(rows)) => {
            rows.iter().map(|row| row.reason).collect()
        }
        Ok(Advice::RecordingPolicy(advice)) => vec![advice.reason],
        Ok(Advice::Classify(advice)) => vec![advice.reason],
        Ok(Advice::EndpointSelect(_)) | Err(_) => Vec::new(),
    };
    codes
        .into_iter()
        .filter_map(|code| Some((code, texts.get(&code)?.clone())))
        .collect()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn hexadecimal(digest: Option<Digest>) -> String {
    digest.map(|digest| digest.to_string()).unwrap_or_default()
}
