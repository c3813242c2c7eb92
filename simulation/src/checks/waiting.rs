//! Nobody waits while somebody is free for them.

use super::Checks;
use super::stream::fits;
use cordboard_core::event::AgentStatus;
use cordboard_core::ids::{AgentId, CallId, Millis};
use cordboard_core::{Config, Tenant};
use std::collections::BTreeMap;

/// So long may a caller wait and an agent be free for them, while no plugin is asked anything, in milliseconds.
const IN_VAIN_MS: u64 = 2_000;

impl Checks {
    /// Looks for callers who wait and agents who could serve them, neither of whom has anything else to do.
    pub(super) fn work(&mut self, config: &Config, tenant: &Tenant) {
        let mut in_vain: BTreeMap<(CallId, AgentId), u64> = BTreeMap::new();
        if tenant.open_questions() == 0 {
            let ready = |agent: &AgentId| tenant.agent_status(*agent) == Some(AgentStatus::Ready);
            let free: Vec<AgentId> = config
                .agents
                .keys()
                .copied()
                .filter(|agent| ready(agent) && !tenant.is_withheld(*agent))
                .collect();
            for call in tenant.calls() {
                if free.is_empty() || tenant.agent_of_call(call).is_some() {
                    continue;
                }
                let settings = tenant
                    .queue_of_call(call)
                    .and_then(|queue| config.queues.get(&queue));
                let told = self.told.get(&call);
                let first_ms = told.and_then(|told| told.first_queued_ms);
                let (Some(settings), Some(first_ms)) = (settings, first_ms) else {
                    continue;
                };
                let own = tenant.requirements_of_call(call);
                let waited = Millis(self.clock_ms.saturating_sub(first_ms));
                let could = |agent: &AgentId| {
                    fits(config, settings, own, *agent, waited)
                        && !self.declined.contains(&(call, *agent))
                        && !self.not_again.contains(&(call, *agent))
                };
                for agent in free.iter().copied().filter(could) {
                    let since = self.in_vain.get(&(call, agent)).copied();
                    in_vain.insert((call, agent), since.unwrap_or(self.clock_ms));
                }
            }
        }
        for ((call, agent), since_ms) in &mut in_vain {
            let for_ms = self.clock_ms.saturating_sub(*since_ms);
            if for_ms > IN_VAIN_MS {
                let name = config.symbols.name(agent.0);
                let detail = format!("call {call} waits and {name} is free for {for_ms} ms");
                self.fail("work-conserved", detail);
                // Told once.
                *since_ms = u64::MAX;
            }
        }
        self.in_vain = in_vain;
    }
}
