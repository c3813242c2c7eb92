//! A small configuration: three queues, three groups, four agents with endpoints of all kinds.

use cordboard_core::Config;
use cordboard_core::config::{
    AgentProfile, Collection, Endpoint, Exit, Exits, Limits, MediaOptions, Menu, MenuAction,
    PeriodicMessage, Prompt, Queue, RecordingRule, ResourceAccount, Service, StreamingOptions,
    Symbols, Timeouts, TranscriptionOptions,
};
use cordboard_core::hours::Hours;
use cordboard_core::ids::{
    AgentId, CodeId, CollectionId, GroupId, Millis, PluginId, PromptId, QueueId, ResourceAccountId,
    SkillId, Symbol,
};
use cordboard_core::participant::Participant;
use cordboard_core::question::{EndpointKind, RecordingChannels, RecordingFormat, Requirement};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who takes part in calls: the short name of the tests and the raw id.
pub(crate) const PARTIES: [(&str, &str); 13] = [
    ("caller", "4:+14255550100"),
    ("caller-2", "4:+14255550101"),
    ("caller-3", "4:+14255550102"),
    ("caller-4", "4:+14255550103"),
    ("boss", "4:+14255550180"),
    ("night-shift", "4:+14255550181"),
    ("ann", "8:orgid:ann"),
    ("bob", "8:acs:res_ten_bob"),
    ("cid", "4:+14255550190"),
    ("dee-teams", "8:orgid:dee"),
    ("dee-sdk", "8:acs:res_ten_dee"),
    ("dee-phone", "4:+14255550191"),
    ("eve", "8:orgid:eve"),
];

/// Every name of the tests' configurations, in the order of their numbers.
const NAMES: [&str; 34] = [
    "ann", "bob", "cid", "dee", "eve", "sales", "support", "overflow", "team", "backup", "experts",
    "main", "line", "menu", "music", "patience", "sorry", "closed", "greeting", "press-1", "card",
    "pay", "zip", "french", "german", "break", "lunch", "sold", "brain", "spare-1", "spare-2",
    "spare-3", "spare-4", "spare-5",
];

/// Returns the participant of a short name.
pub(crate) fn party(name: &str) -> Participant {
    let (_, raw) = PARTIES
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap_or_else(|| panic!("no party `{name}`"));
    Participant::from_raw_id(*raw)
}

/// An exit to a number, and what happens when it does not answer.
pub(crate) fn number_exit(name: &str, otherwise: Option<Exit>) -> Exit {
    Exit::Number {
        who: party(name),
        otherwise: otherwise.map(Box::new),
    }
}

/// Builds a [`Config`] by names.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) config: Config,
}

impl Setup {
    /// The configuration that most tests use.
    ///
    /// `main` has a menu (1 sales, 2 support, 3 and 4 consent, 9 repeat), `line` leads straight to
    /// sales. Sales is served by `team` (ann: Teams, bob: Calling SDK) and after 20 s by `backup`
    /// (cid: phone; dee: Teams, SDK and phone). Support wants French, which ann and dee speak.
    pub(crate) fn small() -> Self {
        let mut setup = Self::bare();
        let sales = setup.queue_of(
            &[("team", 0, 0), ("backup", 1, 20)],
            exits(
                Exit::Message(setup.prompt("sorry")),
                setup.voicemail(),
                Exit::Message(setup.prompt("closed")),
            ),
        );
        let mut support = setup.queue_of(
            &[("team", 0, 0), ("experts", 0, 0)],
            exits(
                Exit::Queue(setup.queue_id("sales")),
                setup.voicemail(),
                number_exit("night-shift", None),
            ),
        );
        support.requirements = vec![setup.requires("french", 50, None)];
        support.wrap_up = Millis::from_secs(30);
        let overflow = setup.queue_of(
            &[("backup", 0, 0)],
            exits(
                Exit::Message(setup.prompt("sorry")),
                Exit::Message(setup.prompt("sorry")),
                Exit::Message(setup.prompt("closed")),
            ),
        );
        setup.put_queue("sales", sales);
        setup.put_queue("support", support);
        setup.put_queue("overflow", overflow);
        setup.put_account("main", "28:orgid:main", true);
        setup.put_account("line", "28:orgid:line", false);
        setup
    }

    /// Agents, groups and prompts, without queues and accounts.
    fn bare() -> Self {
        let mut symbols = Symbols::default();
        for name in NAMES {
            symbols.intern(name);
        }
        let named = |name: &str| symbols.find(name).unwrap();
        let prompts = [
            ("menu", 4),
            ("music", 60),
            ("patience", 3),
            ("sorry", 3),
            ("closed", 3),
            ("greeting", 3),
            ("press-1", 2),
            ("card", 3),
        ]
        .map(|(name, seconds)| {
            let prompt = Prompt {
                path: format!("{name}.wav"),
                length: Millis::from_secs(seconds),
            };
            (PromptId(named(name)), prompt)
        });
        let collection = |prompt, sensitive, digits_max| Collection {
            prompt,
            digits_max,
            silence: Millis::from_secs(5),
            sensitive,
        };
        let card_prompt = PromptId(named("card"));
        let collections = BTreeMap::from([
            (
                CollectionId(named("pay")),
                collection(card_prompt, true, 16),
            ),
            (
                CollectionId(named("zip")),
                collection(card_prompt, false, 5),
            ),
        ]);
        let french = SkillId(named("french"));
        let agents = BTreeMap::from([
            (
                AgentId(named("ann")),
                profile("Ann", &[(french, 80)], &["ann"]),
            ),
            (AgentId(named("bob")), profile("Bob", &[], &["bob"])),
            (AgentId(named("cid")), profile("Cid", &[], &["cid"])),
            (
                AgentId(named("dee")),
                profile(
                    "Dee",
                    &[(french, 50)],
                    &["dee-teams", "dee-sdk", "dee-phone"],
                ),
            ),
        ]);
        let group = |name: &str, members: &[&str]| {
            let id = GroupId(named(name));
            let members = members.iter().map(|m| AgentId(named(m))).collect();
            (id, members)
        };
        let groups = BTreeMap::from([
            group("team", &["ann", "bob"]),
            group("backup", &["cid", "dee"]),
            group("experts", &["dee"]),
        ]);
        let not_ready_reasons = vec![CodeId(named("break")), CodeId(named("lunch"))];
        let dispositions = vec![CodeId(named("sold"))];
        let confirm_prompt = PromptId(named("press-1"));
        Self {
            config: Config {
                digest: "one".to_owned(),
                tenant: "contoso".to_owned(),
                symbols,
                resource_accounts: BTreeMap::new(),
                queues: BTreeMap::new(),
                groups,
                agents,
                prompts: BTreeMap::from(prompts),
                collections,
                not_ready_reasons,
                dispositions,
                confirm_prompt,
                timeouts: Timeouts::default(),
                limits: Limits::default(),
                agent_lease: None,
                media: MediaOptions::default(),
            },
        }
    }

    pub(crate) fn symbol(&self, name: &str) -> Symbol {
        self.config
            .symbols
            .find(name)
            .unwrap_or_else(|| panic!("no name `{name}`"))
    }

    pub(crate) fn queue_id(&self, name: &str) -> QueueId {
        QueueId(self.symbol(name))
    }

    pub(crate) fn agent_id(&self, name: &str) -> AgentId {
        AgentId(self.symbol(name))
    }

    pub(crate) fn prompt(&self, name: &str) -> PromptId {
        PromptId(self.symbol(name))
    }

    pub(crate) fn plugin(&self, name: &str) -> PluginId {
        PluginId(self.symbol(name))
    }

    pub(crate) fn voicemail(&self) -> Exit {
        Exit::Voicemail {
            greeting: self.prompt("greeting"),
            length_max: Millis::from_secs(60),
        }
    }

    pub(crate) fn requires(&self, skill: &str, minimum: u8, expires: Option<u64>) -> Requirement {
        Requirement {
            skill: SkillId(self.symbol(skill)),
            minimum,
            required: true,
            expires_after: expires.map(Millis::from_secs),
        }
    }

    /// Changes a queue.
    pub(crate) fn queue(mut self, name: &str, change: impl FnOnce(&Setup, &mut Queue)) -> Self {
        let id = self.queue_id(name);
        let mut queue = self.config.queues.remove(&id).unwrap().as_ref().clone();
        change(&self, &mut queue);
        self.config.queues.insert(id, Arc::new(queue));
        self
    }

    /// Changes anything.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Setup)) -> Self {
        change(&mut self);
        self
    }

    /// Lets the plugin `brain` decide at a queue: `rank` agents, `pick` contacts, choose endpoints
    /// to `ring`, or tell what to `record`.
    pub(crate) fn plugins(self, queue: &str, points: &[&str]) -> Self {
        self.queue(queue, |setup, queue| {
            let brain = Some(setup.plugin("brain"));
            for point in points {
                match *point {
                    "rank" => queue.skill_match = brain,
                    "pick" => queue.contact_select = brain,
                    "ring" => queue.endpoint_select = brain,
                    "record" => queue.recording.policy = brain,
                    other => panic!("no decision point `{other}`"),
                }
            }
        })
    }

    /// Lets the plugin `brain` choose the queue of a line's callers.
    pub(crate) fn classified(self, line: &str) -> Self {
        self.with(|setup| {
            let id = ResourceAccountId(setup.symbol(line));
            let brain = setup.plugin("brain");
            let account = setup.config.resource_accounts.get_mut(&id).unwrap();
            account.classify = Some(brain);
        })
    }

    /// A message every so many seconds.
    pub(crate) fn message_every(self, queue: &str, seconds: u64) -> Self {
        self.queue(queue, |setup, queue| {
            queue.message = Some(PeriodicMessage {
                prompt: setup.prompt("patience"),
                every: Millis::from_secs(seconds),
            });
        })
    }

    /// Records every conversation of a queue by default.
    pub(crate) fn recorded(self, queue: &str) -> Self {
        self.queue(queue, |_, queue| queue.recording.by_default = true)
    }

    /// Records every conversation of a queue because the law says so.
    pub(crate) fn recorded_by_law(self, queue: &str) -> Self {
        self.queue(queue, |_, queue| queue.recording.legally_required = true)
    }

    /// Transcribes and streams every call.
    pub(crate) fn transcribed_and_streamed(self) -> Self {
        self.with(|setup| {
            setup.config.media = MediaOptions {
                transcription: Some(TranscriptionOptions {
                    transport_url: "wss://contoso.example/text".to_owned(),
                    locale: "en-US".to_owned(),
                }),
                streaming: Some(StreamingOptions {
                    transport_url: "wss://contoso.example/audio".to_owned(),
                }),
                cognitive_services_endpoint: None,
            };
        })
    }

    /// Names the configuration; a reload needs another digest.
    pub(crate) fn digest(self, digest: &str) -> Self {
        self.with(|setup| setup.config.digest = digest.to_owned())
    }

    /// A queue with music, 20 s rings, five minutes of waiting and no wrap-up.
    pub(crate) fn queue_of(&self, groups: &[(&str, u32, u64)], exits: Exits) -> Queue {
        let groups = groups
            .iter()
            .map(|(name, order, delay)| Service {
                group: GroupId(self.symbol(name)),
                order: *order,
                delay: Millis::from_secs(*delay),
            })
            .collect();
        Queue {
            hours: Hours::Always,
            priority: 0,
            requirements: Vec::new(),
            groups,
            music: self.prompt("music"),
            message: None,
            max_wait: Millis::from_secs(300),
            exits,
            ring: Millis::from_secs(20),
            ring_together: true,
            wrap_up: Millis(0),
            skill_match: None,
            contact_select: None,
            endpoint_select: None,
            recording: RecordingRule {
                policy: None,
                by_default: false,
                legally_required: false,
                format: RecordingFormat::Wav,
                channels: RecordingChannels::Mixed,
            },
        }
    }

    pub(crate) fn put_queue(&mut self, name: &str, queue: Queue) {
        let id = self.queue_id(name);
        self.config.queues.insert(id, Arc::new(queue));
    }

    fn put_account(&mut self, name: &str, raw_id: &str, menu: bool) {
        let id = ResourceAccountId(self.symbol(name));
        let sales = self.queue_id("sales");
        let support = self.queue_id("support");
        let menu = menu.then(|| Menu {
            prompt: self.prompt("menu"),
            options: BTreeMap::from([
                ('1', MenuAction::Queue(sales)),
                ('2', MenuAction::Queue(support)),
                ('3', MenuAction::GiveConsent),
                ('4', MenuAction::RefuseConsent),
                ('9', MenuAction::Repeat),
            ]),
            tries: 3,
            silence: Millis::from_secs(5),
        });
        let account = ResourceAccount {
            identity: Participant::from_raw_id(raw_id),
            menu,
            default_queue: sales,
            classify: None,
        };
        self.config.resource_accounts.insert(id, account);
    }
}

/// The ways out of a queue.
pub(crate) fn exits(max_wait: Exit, no_agents: Exit, closed: Exit) -> Exits {
    Exits {
        max_wait,
        no_agents,
        closed,
    }
}

/// An agent with the endpoints of these parties.
pub(crate) fn profile(name: &str, skills: &[(SkillId, u8)], endpoints: &[&str]) -> AgentProfile {
    AgentProfile {
        display_name: name.to_owned(),
        skills: skills.iter().copied().collect(),
        endpoints: endpoints
            .iter()
            .map(|name| {
                let participant = party(name);
                let kind = match participant.raw_id() {
                    raw if raw.starts_with("8:orgid") => EndpointKind::TeamsClient,
                    raw if raw.starts_with("8:acs") => EndpointKind::CallingSdk,
                    _ => EndpointKind::Pstn,
                };
                Endpoint { kind, participant }
            })
            .collect(),
    }
}
