//! A host with one slot, and what it is asked.

use std::{sync::mpsc, time::Duration};

use cordboard_core::{
    ids::{AgentId, CallId, Millis, PluginId, QuestionId, QueueId, Symbol},
    question::{Advice, AgentRow, Ask, ContactFacts, Facts, PluginFailure, SkillMatchFacts},
};
use cordboard_plugin_host::{
    Answer, HostConfig, Job, LoadError, Names, OutcomeCounts, PluginHost, PluginInfo, PluginLimits,
    PluginSpec, SlotId,
};
use serde_json::{Value, json};

use crate::guest::Guest;

pub(crate) const SLOT: SlotId = SlotId(1);

pub(crate) struct Bench {
    pub(crate) host: PluginHost,
    pub(crate) limits: PluginLimits,
    pub(crate) config: Value,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with_components_of(HostConfig::default().component_bytes_max)
    }

    /// A host that takes components of at most so many bytes.
    pub(crate) fn with_components_of(component_bytes_max: u64) -> Self {
        Self {
            host: PluginHost::new(HostConfig {
                workers: 2,
                workers_per_slot: 1,
                component_bytes_max,
                ..HostConfig::default()
            })
            .unwrap(),
            // Tests run on busy machines: only a guest that never ends may run into its deadline.
            limits: PluginLimits {
                deadline: Duration::from_secs(20),
                configure_deadline: Duration::from_secs(20),
                ..PluginLimits::default()
            },
            config: json!({}),
        }
    }

    pub(crate) fn limits(mut self, change: impl FnOnce(&mut PluginLimits)) -> Self {
        change(&mut self.limits);
        self
    }

    pub(crate) fn load_bytes(&self, component: &[u8]) -> Result<PluginInfo, LoadError> {
        let mut names = Names::default();
        names.queues.insert("sales".into(), Symbol(21));
        self.host.load(
            SLOT,
            &PluginSpec {
                component,
                sha256: None,
                config: &self.config,
                names: &names,
                limits: self.limits,
            },
        )
    }

    pub(crate) fn load(&self, guest: &Guest) -> Result<PluginInfo, LoadError> {
        self.load_bytes(&guest.build())
    }

    pub(crate) fn with(self, guest: &Guest) -> Self {
        self.load(guest).unwrap();
        self
    }

    pub(crate) fn decide(&self) -> Answer {
        self.host.decide(SLOT, &ask(0))
    }

    pub(crate) fn submit(&self, ask: Ask) -> mpsc::Receiver<Answer> {
        let (sender, answer) = mpsc::channel();
        self.host.submit(Job {
            slot: SLOT,
            ask,
            reply: Box::new(move |answer| sender.send(answer).unwrap()),
        });
        answer
    }

    pub(crate) fn asked(&self, now: u64) -> Answer {
        self.submit(ask(now)).recv().unwrap()
    }

    pub(crate) fn outcomes(&self) -> OutcomeCounts {
        self.host.status(SLOT).outcomes
    }
}

pub(crate) fn ask(now: u64) -> Ask {
    let candidate = |number| AgentRow {
        agent: AgentId(Symbol(number)),
        idle: Millis(1_000),
        group_order: 0,
        contacts_handled: 0,
    };
    Ask {
        question: QuestionId(77),
        call: CallId(1),
        plugin: PluginId(Symbol(1)),
        now,
        seed: 1,
        memo: vec![],
        facts: Facts::SkillMatch(SkillMatchFacts {
            contact: ContactFacts {
                call: CallId(1),
                queue: QueueId(Symbol(21)),
                waited: Millis(0),
                priority: 0,
                attempt: 0,
                labels: vec![],
            },
            requirements: vec![],
            candidates: vec![candidate(100), candidate(101)],
            levels: vec![],
        }),
    }
}

pub(crate) fn score(answer: &Answer) -> i32 {
    match &answer.verdict.result {
        Ok(Advice::SkillMatch(ranking)) => ranking[0].score,
        other => panic!("{other:?}: {:?}", answer.detail),
    }
}

pub(crate) fn failure(answer: &Answer) -> (PluginFailure, &str) {
    let kind = *answer.verdict.result.as_ref().unwrap_err();
    (kind, answer.detail.as_deref().unwrap_or_default())
}

pub(crate) fn refused(guest: &Guest) -> String {
    Bench::new().load(guest).unwrap_err().to_string()
}

pub(crate) fn spec(component: &[u8]) -> PluginSpec<'_> {
    static NOTHING: Value = Value::Null;
    static NAMES: std::sync::LazyLock<Names> = std::sync::LazyLock::new(Names::default);
    PluginSpec {
        component,
        sha256: None,
        config: &NOTHING,
        names: &NAMES,
        limits: PluginLimits {
            deadline: Duration::from_secs(20),
            configure_deadline: Duration::from_secs(20),
            ..PluginLimits::default()
        },
    }
}
