//! What was decided and why: the core's part of a decision record. The driver joins it with the
//! facts, the verdict and the digests of the plugin that was asked.

use crate::ids::{AgentId, CallId, PluginId, QuestionId, QueueId};
use crate::question::{DecisionPoint, PluginFailure, RecordingAction, Requirement, Ring};
use serde::{Deserialize, Serialize};

/// A decision as it took effect.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// The call that it is about.
    pub call: CallId,
    /// The question that was asked, if one was.
    pub question: Option<QuestionId>,
    /// The decision point.
    pub point: DecisionPoint,
    /// The queue whose rules applied.
    pub queue: QueueId,
    /// Who decided.
    pub by: DecidedBy,
    /// The decision.
    pub choice: Choice,
    /// How many candidates there were.
    pub considered: u32,
    /// Candidates and rankings that were passed over, with the reason.
    #[serde(default)]
    pub passed_over: Vec<PassedOver>,
}

/// Who decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecidedBy {
    /// A plugin.
    Plugin(PluginId),
    /// The native rule: no plugin is set for this point.
    Native,
    /// The declared fallback, because the plugin gave no advice.
    Fallback(PluginId, PluginFailure),
    /// The native rule, because everything that the plugin named had become impossible.
    Stale(PluginId),
}

/// What was decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Choice {
    /// This agent gets this call.
    Agent(AgentId),
    /// Nobody: the contact waits on.
    Nobody,
    /// These endpoints ring.
    Rings(Vec<Ring>),
    /// This is done about recording.
    Recording(RecordingAction),
    /// The caller goes to this queue.
    Queue {
        /// The queue.
        queue: QueueId,
        /// What is added to the queue's priority.
        priority: i32,
        /// What the contact's agent must have beside what the queue requires.
        requirements: Vec<Requirement>,
    },
}

/// Why a candidate did not get the contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PassedOver {
    /// The agent.
    pub agent: AgentId,
    /// Why.
    pub reason: PassedOverReason,
}

/// Why a candidate did not get the contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PassedOverReason {
    /// Ranked lower, or later in the native order.
    RankedLower,
    /// Left out by the plugin.
    LeftOut,
    /// Ranked first but not available any more.
    NotAvailable,
    /// Lacks a required skill.
    LacksSkill,
    /// Has declined this contact, or let it ring out.
    Suppressed,
    /// Its group joins in later.
    GroupDelay,
}
