//! Carrying out the core's operations at Azure Communication Services.

use super::admission::{AdmissionLimits, Unanswered};
use super::settings::EdgeSettings;
use crate::driver::{Completion, Operator, Request};
use arc_swap::ArcSwap;
use cordboard_acs::Seldom;
use cordboard_acs::operation::OperationSettings;
use cordboard_clock::Hold;
use cordboard_core::command::RejectReason;
use cordboard_core::ids::{CallId, CommandId, EventId, Timestamp};
use cordboard_core::input::CallContext;
use cordboard_core::{Operation, Outcome};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Sends operations as requests, each as a task of the runtime.
pub(super) struct AcsOperator {
    shared: Arc<Shared>,
    runtime: Handle,
}

struct Shared {
    operator: cordboard_acs::Operator,
    settings: Arc<ArcSwap<EdgeSettings>>,
    unanswered: Unanswered,
    requests_waiting_max: usize,
}

impl AcsOperator {
    pub(super) fn new(
        operator: cordboard_acs::Operator,
        settings: Arc<ArcSwap<EdgeSettings>>,
        runtime: Handle,
        unanswered: Unanswered,
        limits: AdmissionLimits,
    ) -> Self {
        let shared = Arc::new(Shared {
            operator,
            settings,
            unanswered,
            requests_waiting_max: limits.requests_waiting_max,
        });
        Self { shared, runtime }
    }

    /// Tells whether so many requests wait that no new call is to be taken.
    pub(super) fn is_crowded(&self) -> bool {
        let client = self.shared.operator.client();
        client.has_more_waiting_than(self.shared.requests_waiting_max)
    }
}

impl AcsOperator {
    /// Rejects a call that the engine has no room for, without the core and its journal: the caller
    /// hears busy instead of ringing in vain. `event` names the incoming call.
    pub(super) fn reject(
        &self,
        event: &EventId,
        context: CallContext,
        deadline: Timestamp,
        hold: Hold,
    ) {
        // The core's calls are numbered from 1: these requests have ids that it never gives.
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(&event.0));
        let shared = Arc::clone(&self.shared);
        let request = Request {
            command: CommandId {
                call: CallId(0),
                sequence: u32::from_le_bytes([a, b, c, d]),
            },
            operation: Operation::Reject {
                context,
                reason: RejectReason::Busy,
            },
            deadline,
            hold,
        };
        self.runtime
            .spawn(async move { drop(shared.send(request).await) });
    }
}

impl Operator for AcsOperator {
    fn start(&self, request: Request, completion: Completion) {
        let shared = Arc::clone(&self.shared);
        // Until it has its outcome. Whoever handed the call in counts it until here.
        let answers = matches!(request.operation, Operation::Answer { .. });
        let under_way = answers.then(|| shared.unanswered.enter());
        self.runtime.spawn(async move {
            shared.carry_out(request, completion).await;
            drop(under_way);
        });
    }
}

impl Shared {
    async fn carry_out(&self, request: Request, completion: Completion) {
        let (outcome, hold) = self.send(request).await;
        #[cfg(feature = "crash-points")]
        cordboard_crash_points::pass(cordboard_crash_points::Point::BeforeResponse);
        completion.finish(outcome, hold);
    }

    async fn send(&self, request: Request) -> (Outcome, Hold) {
        let Request {
            command,
            operation,
            deadline,
            hold,
        } = request;
        let settings = self.settings.load_full();
        let prompt_uri = |prompt| settings.prompt_uri(prompt);
        let places = OperationSettings {
            tenant: &settings.config.tenant,
            callback_base: &settings.callback_base,
            prompt_uri: &prompt_uri,
            media: &settings.config.media,
        };
        let (outcome, hold) = self
            .operator
            .carry_out(command, &operation, &places, deadline.0, hold)
            .await;
        match &outcome {
            Outcome::Accepted(_) => {
                tracing::debug!(%command, operation = operation.name(), "accepted");
            }
            // Callers hang up at any time, and what is done about their call is refused then. But who answers without a code
            // that a call is not there, while it was there just now, may be no Call Automation at all.
            Outcome::Refused {
                status: 404,
                sub_code,
            } if sub_code.is_some()
                || !matches!(
                    operation,
                    Operation::Answer { .. } | Operation::AddParticipant { .. }
                ) =>
            {
                tracing::debug!(%command, operation = operation.name(), sub_code, "refused: it is gone");
            }
            // Of thousands of calls at once, after a restart for instance.
            Outcome::Refused {
                status: 429,
                sub_code: _,
            } => {
                static BUSY: Seldom = Seldom::new();
                if let Some(left_out) = BUSY.pass() {
                    tracing::warn!(
                        left_out, %command, operation = operation.name(),
                        "refused: the service takes no more requests for now (429)"
                    );
                }
            }
            Outcome::Refused { status, sub_code } => {
                tracing::warn!(%command, operation = operation.name(), status, sub_code, "refused");
            }
            Outcome::Unknown => {
                static UNKNOWN: Seldom = Seldom::new();
                if let Some(left_out) = UNKNOWN.pass() {
                    tracing::warn!(left_out, %command, operation = operation.name(), "outcome unknown");
                }
            }
        }
        (outcome, hold)
    }
}

impl fmt::Debug for AcsOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcsOperator").finish_non_exhaustive()
    }
}
