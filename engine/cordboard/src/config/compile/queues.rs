//! Queues and menus.

use super::Checker;
use super::names::Kind;
use crate::config::problem::Path;
use crate::config::structure::suggestion;
use crate::config::v1::{
    Channels, ConfigText, ConsentAnswer, Exit as ExitText, Format, Menu as MenuText, MenuStep,
    Queue as QueueText, Recording, Requirement as RequirementText,
};
use cordboard_core::config::{
    Exit, Exits, Menu, MenuAction, PeriodicMessage, Queue, RecordingRule, Service,
};
use cordboard_core::ids::{GroupId, Millis, PluginId, QueueId, SkillId};
use cordboard_core::question::{RecordingChannels, RecordingFormat, Requirement};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Digits that a menu can offer; `#` ends an input.
const MENU_DIGITS: &str = "0123456789*ABCD";

impl Checker<'_> {
    pub(super) fn queues(&mut self, text: &ConfigText) -> BTreeMap<QueueId, Arc<Queue>> {
        let mut queues = BTreeMap::new();
        for (name, queue) in &text.queues {
            let path = Path::root().key("queues").key(name);
            let compiled = self.queue(text, queue, &path);
            queues.insert(QueueId(self.symbols.intern(name)), Arc::new(compiled));
        }
        queues
    }

    pub(super) fn menus(&mut self, text: &ConfigText) -> BTreeMap<String, Menu> {
        let mut menus = BTreeMap::new();
        for (name, menu) in &text.menus {
            let path = Path::root().key("menus").key(name);
            menus.insert(name.clone(), self.menu(menu, &path));
        }
        menus
    }

    fn menu(&mut self, menu: &MenuText, path: &Path) -> Menu {
        let mut options = BTreeMap::new();
        for (digit, step) in &menu.options {
            let path = path.key("options").key(digit);
            let mut characters = digit.chars();
            match (characters.next(), characters.next()) {
                (Some(digit), None) if MENU_DIGITS.contains(digit) => {
                    if let Some(action) = self.menu_step(step, &path) {
                        options.insert(digit, action);
                    }
                }
                _ => self.refuse(
                    &path,
                    format!("`{digit}` is no menu digit; use one of `{MENU_DIGITS}`"),
                ),
            }
        }
        Menu {
            prompt: self.prompt(&menu.prompt, &path.key("prompt")),
            options,
            tries: menu.tries,
            silence: Millis::from_secs(menu.silence_seconds),
        }
    }

    fn menu_step(&mut self, step: &MenuStep, path: &Path) -> Option<MenuAction> {
        if let Some(queue) = &step.queue {
            let queue = self.reference(Kind::Queue, queue, &path.key("queue"));
            return Some(MenuAction::Queue(QueueId(queue)));
        }
        match step.consent {
            Some(ConsentAnswer::Given) => return Some(MenuAction::GiveConsent),
            Some(ConsentAnswer::Refused) => return Some(MenuAction::RefuseConsent),
            None => {}
        }
        step.repeat.map(|_| MenuAction::Repeat)
    }

    fn queue(&mut self, text: &ConfigText, queue: &QueueText, path: &Path) -> Queue {
        let voicemail = text.teams.voicemail_pickup_seconds;
        if queue.ring_seconds >= voicemail && !self.names.lost("teams") {
            self.refuse(
                &path.key("ring_seconds"),
                format!(
                    "{} s is not below the voicemail's pick-up time; use at most {} (`teams.voicemail_pickup_seconds` \
                     is {voicemail})",
                    queue.ring_seconds,
                    voicemail.saturating_sub(1)
                ),
            );
        }
        let music = match &queue.music {
            Some(name) => self.prompt(name, &path.key("music")),
            None => {
                if self.names.has_acs {
                    self.refuse(path, "lacks `music`; a caller must not wait in silence");
                }
                self.no_prompt()
            }
        };
        let message = queue.message.as_ref().map(|message| PeriodicMessage {
            prompt: self.prompt(&message.prompt, &path.key("message").key("prompt")),
            every: Millis::from_secs(message.every_seconds),
        });
        let exits = path.key("exits");
        Queue {
            hours: self.hours(queue.hours.as_ref(), &path.key("hours")),
            priority: queue.priority,
            requirements: self.requirements(text, queue, path),
            groups: self.services(queue, path),
            music,
            message,
            max_wait: Millis::from_secs(queue.max_wait_seconds),
            exits: Exits {
                max_wait: self.exit(&queue.exits.max_wait, &exits.key("max_wait")),
                no_agents: self.exit(&queue.exits.no_agents, &exits.key("no_agents")),
                closed: self.exit(&queue.exits.closed, &exits.key("closed")),
            },
            ring: Millis::from_secs(queue.ring_seconds),
            ring_together: queue.ring_together,
            wrap_up: Millis::from_secs(queue.wrap_up_seconds),
            skill_match: self.plugin(queue.skill_match.as_ref(), &path.key("skill_match")),
            contact_select: self.plugin(queue.contact_select.as_ref(), &path.key("contact_select")),
            endpoint_select: self
                .plugin(queue.endpoint_select.as_ref(), &path.key("endpoint_select")),
            recording: self.recording(&queue.recording, &path.key("recording")),
        }
    }

    fn requirements(
        &mut self,
        text: &ConfigText,
        queue: &QueueText,
        path: &Path,
    ) -> Vec<Requirement> {
        let mut seen = BTreeSet::new();
        let mut requirements = Vec::new();
        for (at, requirement) in queue.requirements.iter().enumerate() {
            let path = path.key("requirements").index(at);
            let skill = &requirement.skill;
            if !seen.insert(skill) {
                self.refuse(&path, format!("skill `{skill}` stands twice; join them"));
            }
            if self.names.is_whole {
                self.doubt(text, queue, requirement, &path);
            }
            requirements.push(Requirement {
                skill: SkillId(self.symbols.intern(skill)),
                minimum: requirement.minimum,
                required: requirement.required,
                expires_after: requirement.expires_after_seconds.map(Millis::from_secs),
            });
        }
        requirements
    }

    /// Warns about a skill that nobody has: a required one sends every caller to `no_agents`.
    fn doubt(
        &mut self,
        text: &ConfigText,
        queue: &QueueText,
        requirement: &RequirementText,
        path: &Path,
    ) {
        let skill = &requirement.skill;
        let known: BTreeSet<&str> = text
            .agents
            .values()
            .flat_map(|agent| agent.skills.keys().map(String::as_str))
            .collect();
        let what = if requirement.required {
            "every caller would take the exit `no_agents`"
        } else {
            "the wish is never met"
        };
        if !known.contains(&**skill) {
            let hint = suggestion(skill, known);
            self.warn(
                &path.key("skill"),
                format!("no agent has skill `{skill}`: {what}{hint}"),
            );
        } else if requirement.required && !anybody_meets(text, queue, requirement) {
            self.warn(
                path,
                format!(
                    "no agent of this queue's groups has skill `{skill}` at level {} or more: {what}",
                    requirement.minimum
                ),
            );
        }
    }

    fn services(&mut self, queue: &QueueText, path: &Path) -> Vec<Service> {
        let mut seen = BTreeSet::new();
        let mut services = Vec::new();
        for (at, service) in queue.groups.iter().enumerate() {
            let path = path.key("groups").index(at);
            let group = GroupId(self.reference(Kind::Group, &service.group, &path.key("group")));
            if !seen.insert(group) {
                self.refuse(
                    &path,
                    format!("group `{}` stands twice; remove one", service.group),
                );
            }
            services.push(Service {
                group,
                order: service.order,
                delay: Millis::from_secs(service.delay_seconds),
            });
        }
        services
    }

    fn exit(&mut self, exit: &ExitText, path: &Path) -> Exit {
        let ways = [
            exit.message.is_some(),
            exit.queue.is_some(),
            exit.number.is_some(),
            exit.voicemail.is_some(),
            exit.end.is_some(),
        ];
        if ways.into_iter().filter(|way| *way).count() != 1 {
            self.refuse(
                path,
                "leads more ways than one; keep one of `message`, `queue`, `number` and `voicemail`",
            );
        }
        if exit.otherwise.is_some() && exit.number.is_none() {
            self.refuse(
                &path.key("otherwise"),
                "belongs to a `number`, which may be busy; remove it",
            );
        }
        if let Some(otherwise) = &exit.otherwise
            && otherwise.number.is_some()
        {
            self.refuse(
                &path.key("otherwise").key("number"),
                "may be busy as well; use `message`, `queue` or `voicemail`",
            );
        }
        if let Some(name) = &exit.message {
            return Exit::Message(self.prompt(name, &path.key("message")));
        }
        if let Some(name) = &exit.queue {
            return Exit::Queue(QueueId(self.reference(
                Kind::Queue,
                name,
                &path.key("queue"),
            )));
        }
        if let Some(number) = &exit.number {
            let who = self.phone(number, &path.key("number"));
            let otherwise = exit.otherwise.as_deref();
            if otherwise.is_none() && self.names.has_acs {
                self.warn(
                    path,
                    "a caller is hung up on when the number is busy or does not answer; add `otherwise` with another \
                     way out",
                );
            }
            let otherwise = otherwise.map(|exit| Box::new(self.exit(exit, &path.key("otherwise"))));
            return Exit::Number { who, otherwise };
        }
        if let Some(voicemail) = &exit.voicemail {
            let greeting = path.key("voicemail").key("greeting");
            return Exit::Voicemail {
                greeting: self.prompt(&voicemail.greeting, &greeting),
                length_max: Millis::from_secs(voicemail.length_seconds),
            };
        }
        if exit.end.is_some() && self.names.has_acs {
            self.refuse(
                &path.key("end"),
                "would drop the caller without a word; use `message`, `queue`, `number` or `voicemail`",
            );
        }
        Exit::Message(self.no_prompt())
    }

    pub(super) fn plugin(&mut self, name: Option<&String>, path: &Path) -> Option<PluginId> {
        name.map(|name| PluginId(self.reference(Kind::Plugin, name, path)))
    }

    fn recording(&mut self, recording: &Recording, path: &Path) -> RecordingRule {
        if recording.channels == Channels::Unmixed && recording.format != Format::Wav {
            self.refuse(
                &path.key("channels"),
                "`unmixed` exists for `wav` only; change one of the two",
            );
        }
        if recording.legally_required && !recording.by_default {
            self.refuse(
                &path.key("by_default"),
                "is `false`, but the recording is legally required; set it to `true`",
            );
        }
        RecordingRule {
            policy: self.plugin(recording.policy.as_ref(), &path.key("policy")),
            by_default: recording.by_default,
            legally_required: recording.legally_required,
            format: match recording.format {
                Format::Wav => RecordingFormat::Wav,
                Format::Mp3 => RecordingFormat::Mp3,
                Format::Mp4 => RecordingFormat::Mp4,
            },
            channels: match recording.channels {
                Channels::Mixed => RecordingChannels::Mixed,
                Channels::Unmixed => RecordingChannels::Unmixed,
            },
        }
    }
}

fn anybody_meets(text: &ConfigText, queue: &QueueText, requirement: &RequirementText) -> bool {
    queue
        .groups
        .iter()
        .filter_map(|service| text.groups.get(&service.group))
        .flatten()
        .filter_map(|member| text.agents.get(member))
        .filter_map(|agent| agent.skills.get(&requirement.skill))
        .any(|level| level.0 >= requirement.minimum)
}
