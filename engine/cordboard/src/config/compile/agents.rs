//! Agents, groups and resource accounts.

use super::Checker;
use super::names::Kind;
use crate::config::problem::Path;
use crate::config::v1::{Agent, ConfigText, Endpoint as EndpointText, EndpointKindName};
use cordboard_core::config::{AgentProfile, Endpoint, ResourceAccount};
use cordboard_core::ids::{AgentId, GroupId, QueueId, ResourceAccountId, SkillId};
use cordboard_core::participant::{Participant, ParticipantKind};
use cordboard_core::question::EndpointKind;
use std::collections::{BTreeMap, BTreeSet};

impl Checker<'_> {
    pub(super) fn agents(&mut self, text: &ConfigText) -> BTreeMap<AgentId, AgentProfile> {
        let mut agents = BTreeMap::new();
        let mut owners: BTreeMap<Participant, &String> = BTreeMap::new();
        let mut left_out = 0_u32;
        for (name, agent) in &text.agents {
            let path = Path::root().key("agents").key(name);
            if let Some(id) = &agent.entra_object_id {
                self.guid(id, &path.key("entra_object_id"));
            }
            if agent.endpoints.is_empty() && self.names.has_acs {
                self.refuse(&path, "has no endpoint; add one to `endpoints`");
            }
            let mut endpoints = Vec::new();
            for (at, endpoint) in agent.endpoints.iter().enumerate() {
                let path = path.key("endpoints").index(at);
                if !self.names.has_acs && is_derived(endpoint) && agent.entra_object_id.is_some() {
                    left_out += 1;
                    continue;
                }
                let Some(endpoint) = self.endpoint(text, agent, endpoint, &path) else {
                    continue;
                };
                if let Some(owner) = owners.insert(endpoint.participant.clone(), name) {
                    self.refuse(
                        &path,
                        format!("is an endpoint of agent `{owner}` too; give each endpoint to one agent, once"),
                    );
                }
                endpoints.push(endpoint);
            }
            let skills = agent
                .skills
                .iter()
                .map(|(skill, level)| (SkillId(self.symbols.intern(skill)), level.0))
                .collect();
            let profile = AgentProfile {
                display_name: agent.display_name.clone().unwrap_or_else(|| name.clone()),
                skills,
                endpoints,
            };
            agents.insert(AgentId(self.symbols.intern(name)), profile);
        }
        if left_out > 0 {
            self.warn(
                &Path::root().key("agents"),
                format!("{left_out} Calling SDK endpoints are left out, because there is no `acs` whose resource they belong to"),
            );
        }
        agents
    }

    pub(super) fn groups(&mut self, text: &ConfigText) -> BTreeMap<GroupId, Vec<AgentId>> {
        let mut groups = BTreeMap::new();
        for (name, members) in &text.groups {
            let path = Path::root().key("groups").key(name);
            let mut seen = BTreeSet::new();
            let mut ids = Vec::new();
            for (at, member) in members.iter().enumerate() {
                let id = AgentId(self.reference(Kind::Agent, member, &path.index(at)));
                if seen.insert(id) {
                    ids.push(id);
                } else {
                    self.refuse(
                        &path.index(at),
                        format!("`{member}` stands twice; remove one"),
                    );
                }
            }
            if members.is_empty() {
                self.warn(&path, format!("group `{name}` has no agents"));
            }
            groups.insert(GroupId(self.symbols.intern(name)), ids);
        }
        groups
    }

    pub(super) fn resource_accounts(
        &mut self,
        text: &ConfigText,
    ) -> BTreeMap<ResourceAccountId, ResourceAccount> {
        let menus = self.menus(text);
        let mut accounts = BTreeMap::new();
        let mut owners: BTreeMap<String, &String> = BTreeMap::new();
        for (name, account) in &text.resource_accounts {
            let path = Path::root().key("resource_accounts").key(name);
            let identity_path = path.key("identity");
            let identity = if account.identity.starts_with('+') {
                self.phone(&account.identity, &identity_path)
            } else {
                let identity = Participant::from_raw_id(&account.identity);
                match identity.kind() {
                    ParticipantKind::TeamsApp | ParticipantKind::AcsUser | ParticipantKind::PhoneNumber => {}
                    ParticipantKind::TeamsUser
                    | ParticipantKind::TeamsExtensionUser
                    | ParticipantKind::Unknown => self.refuse(
                        &identity_path,
                        format!(
                            "`{}` cannot be called; use `28:orgid:…` of a resource account or a number like `+14255550123`",
                            identity.masked()
                        ),
                    ),
                }
                identity
            };
            if let Some(owner) = owners.insert(identity.raw_id().to_lowercase(), name) {
                self.refuse(
                    &identity_path,
                    format!("is the identity of `{owner}` too; remove one"),
                );
            }
            let menu = account.menu.as_ref().and_then(|menu| {
                self.reference(Kind::Menu, menu, &path.key("menu"));
                menus.get(menu).cloned()
            });
            let default_queue = QueueId(self.reference(
                Kind::Queue,
                &account.default_queue,
                &path.key("default_queue"),
            ));
            let classify = self.plugin(account.classify.as_ref(), &path.key("classify"));
            accounts.insert(
                ResourceAccountId(self.symbols.intern(name)),
                ResourceAccount {
                    identity,
                    menu,
                    default_queue,
                    classify,
                },
            );
        }
        if accounts.is_empty() && self.names.has_acs && self.names.is_whole {
            self.warn(
                &Path::root(),
                "there is no resource account: every call is rejected",
            );
        }
        accounts
    }

    fn endpoint(
        &mut self,
        text: &ConfigText,
        agent: &Agent,
        endpoint: &EndpointText,
        path: &Path,
    ) -> Option<Endpoint> {
        let (kind, wanted) = match endpoint.kind {
            EndpointKindName::TeamsClient => {
                (EndpointKind::TeamsClient, ParticipantKind::TeamsUser)
            }
            EndpointKindName::CallingSdk => (
                EndpointKind::CallingSdk,
                ParticipantKind::TeamsExtensionUser,
            ),
            EndpointKindName::Pstn => {
                if endpoint.raw_id.is_some() {
                    self.refuse(&path.key("raw_id"), "does not go with `pstn`; use `number`");
                }
                let Some(number) = &endpoint.number else {
                    self.refuse(path, "lacks `number`; add the phone number");
                    return None;
                };
                let participant = self.phone(number, &path.key("number"));
                return Some(Endpoint {
                    kind: EndpointKind::Pstn,
                    participant,
                });
            }
        };
        if endpoint.number.is_some() {
            self.refuse(&path.key("number"), "goes with `pstn` only; remove it");
        }
        let participant = match &endpoint.raw_id {
            Some(raw_id) => {
                let participant = Participant::from_raw_id(raw_id);
                let fits = participant.kind() == wanted
                    || wanted == ParticipantKind::TeamsExtensionUser
                        && participant.kind() == ParticipantKind::AcsUser;
                if !fits {
                    let form = match endpoint.kind {
                        EndpointKindName::TeamsClient => "8:orgid:…",
                        EndpointKindName::CallingSdk | EndpointKindName::Pstn => "8:acs:…",
                    };
                    self.refuse(
                        &path.key("raw_id"),
                        format!(
                            "`{}` is of another kind; use `{form}`",
                            participant.masked()
                        ),
                    );
                }
                participant
            }
            None => self.derived(text, agent, endpoint.kind, path)?,
        };
        Some(Endpoint { kind, participant })
    }

    /// Makes the raw id from the ids of person, tenant and resource.
    fn derived(
        &mut self,
        text: &ConfigText,
        agent: &Agent,
        kind: EndpointKindName,
        path: &Path,
    ) -> Option<Participant> {
        let Some(person) = &agent.entra_object_id else {
            self.refuse(
                path,
                "lacks `raw_id`; add it, or `entra_object_id` to the agent",
            );
            return None;
        };
        if kind == EndpointKindName::TeamsClient {
            return Some(Participant::from_raw_id(format!(
                "8:orgid:{}",
                person.to_lowercase()
            )));
        }
        let resource = text.acs.as_ref().and_then(|acs| acs.resource_id.as_ref());
        match (resource, &text.teams.tenant_id) {
            (Some(resource), Some(tenant)) => Some(Participant::from_raw_id(format!(
                "8:acs:{}_{}_{}",
                resource.to_lowercase(),
                tenant.to_lowercase(),
                person.to_lowercase()
            ))),
            _ => {
                if !self.names.lost("acs") && !self.names.lost("teams") {
                    self.refuse(
                        path,
                        "lacks `raw_id`; add it, or both `acs.resource_id` and `teams.tenant_id`",
                    );
                }
                None
            }
        }
    }
}

/// Whether the raw id is made from the ids of the resource, the tenant and the person.
fn is_derived(endpoint: &EndpointText) -> bool {
    endpoint.kind == EndpointKindName::CallingSdk && endpoint.raw_id.is_none()
}
