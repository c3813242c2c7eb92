//! A rule: which endpoints ring for one queue.

use cordboard_plugin::{EndpointKind, Reach};

/// Which endpoints ring for one queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rule {
    pub(crate) stages: Vec<Stage>,
    pub(crate) skip: Skip,
    /// Whether the stages ring all the same when everything would be skipped.
    pub(crate) rings_anyway: bool,
    pub(crate) last_answered_first: bool,
}

impl Rule {
    /// How long a kind rings in whichever stage it is.
    pub(crate) fn ring_ms(&self, kind: EndpointKind) -> Option<u32> {
        self.stages.iter().find_map(|stage| stage.ring_ms(kind))
    }
}

/// What rings at once, and how long each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Stage {
    pub(crate) teams_client_ms: Option<u32>,
    pub(crate) calling_sdk_ms: Option<u32>,
    pub(crate) pstn_ms: Option<u32>,
}

impl Stage {
    pub(crate) const fn ring_ms(&self, kind: EndpointKind) -> Option<u32> {
        match kind {
            EndpointKind::TeamsClient => self.teams_client_ms,
            EndpointKind::CallingSdk => self.calling_sdk_ms,
            EndpointKind::Pstn => self.pstn_ms,
        }
    }

    pub(crate) const fn set(&mut self, kind: EndpointKind, time_ms: u32) {
        match kind {
            EndpointKind::TeamsClient => self.teams_client_ms = Some(time_ms),
            EndpointKind::CallingSdk => self.calling_sdk_ms = Some(time_ms),
            EndpointKind::Pstn => self.pstn_ms = Some(time_ms),
        }
    }
}

/// Which endpoints do not ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Skip {
    pub(crate) busy: bool,
    pub(crate) offline: bool,
}

impl Skip {
    pub(crate) const NOTHING: Self = Self {
        busy: false,
        offline: false,
    };

    pub(crate) const fn lets_ring(self, reach: Reach) -> bool {
        match reach {
            Reach::Busy => !self.busy,
            Reach::Offline => !self.offline,
            Reach::Unknown | Reach::Available => true,
        }
    }
}
