//! What agents, supervisors and embedders do.

use super::Engine;
use crate::error::{ActionError, SubmitError};
use crate::pending::Pending;
use cordboard_core::Input;
use cordboard_core::ids::{AgentId, CallId, EventId, OfferId, QueueId};
use cordboard_core::input::{
    Actor, AgentAction, CallAction, NewCalls, NewContact, QueueAction, Reply,
};
use cordboard_core::participant::Participant;
use cordboard_core::question::Consent;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// An action on its way: `.await` it in any runtime, or [`wait`](Self::wait) for it in a thread. It
/// takes effect even if nobody waits.
#[derive(Debug)]
#[must_use = "an action can be refused: wait for it, or drop it knowingly"]
pub struct Action(Pending<Reply>);

impl Action {
    /// Waits until the action is durable.
    ///
    /// # Errors
    ///
    /// [`ActionError`] if it did not take effect.
    pub fn wait(self) -> Result<(), ActionError> {
        done(self.0.wait())
    }
}

impl Future for Action {
    type Output = Result<(), ActionError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(done)
    }
}

/// A contact on its way in: gives the number of its call, also when the contact came before.
#[derive(Debug)]
#[must_use = "a contact can be refused: wait for it"]
pub struct NewCall(Pending<Reply>);

impl NewCall {
    /// Waits until the contact is durable.
    ///
    /// # Errors
    ///
    /// [`ActionError`] if it was not taken.
    pub fn wait(self) -> Result<CallId, ActionError> {
        new_call(self.0.wait())
    }
}

impl Future for NewCall {
    type Output = Result<CallId, ActionError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(new_call)
    }
}

/// A contact whose media the embedding program controls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// The program's own id. The same again makes no second call: it gives the number of the first, for as
    /// long as `limits.event_ids_max` lets ids be remembered.
    pub id: String,
    /// The queue.
    pub queue: String,
    /// Added to the queue's priority.
    pub priority: i32,
    /// What agents are told.
    pub context: BTreeMap<String, String>,
}

impl Contact {
    /// A contact for a queue, with nothing special about it.
    pub fn new(id: impl Into<String>, queue: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            queue: queue.into(),
            priority: 0,
            context: BTreeMap::new(),
        }
    }
}

pub(super) fn set_new_calls(engine: &Engine, new_calls: NewCalls) -> Action {
    Action(submit(engine, Input::NewCalls(new_calls)))
}

pub(super) fn submit_contact(engine: &Engine, contact: Contact) -> Result<NewCall, ActionError> {
    let queue = engine.queue_id(&contact.queue)?;
    let input = Input::Contact(NewContact {
        event: EventId(contact.id),
        queue,
        priority: contact.priority,
        headers: contact.context,
    });
    Ok(NewCall(submit(engine, input)))
}

/// Acts on an agent: as the agent, or as a supervisor who forces a state.
#[derive(Clone, Debug)]
pub struct AgentHandle {
    engine: Engine,
    agent: AgentId,
    actor: Actor,
}

impl AgentHandle {
    pub(super) fn new(engine: Engine, agent: AgentId, actor: Actor) -> Self {
        Self {
            engine,
            agent,
            actor,
        }
    }

    /// Returns the agent's number.
    #[must_use]
    pub fn id(&self) -> AgentId {
        self.agent
    }

    /// The agent is ready for contacts; logs an offline agent in.
    pub fn ready(&self) -> Action {
        self.act(AgentAction::Ready)
    }

    /// The agent is not ready, with a reason of the configuration.
    ///
    /// # Errors
    ///
    /// [`ActionError::UnknownName`].
    pub fn not_ready(&self, reason: &str) -> Result<Action, ActionError> {
        let reason = self.engine.not_ready_reason(reason)?;
        Ok(self.act(AgentAction::NotReady(reason)))
    }

    /// Logs the agent out.
    pub fn offline(&self) -> Action {
        self.act(AgentAction::Offline)
    }

    /// The agent's desktop is alive: see `agent_lease_seconds`.
    pub fn heartbeat(&self) -> Action {
        self.act(AgentAction::Heartbeat)
    }

    /// Takes an offer.
    pub fn accept(&self, offer: OfferId) -> Action {
        self.act(AgentAction::Accept(offer))
    }

    /// Refuses an offer.
    pub fn decline(&self, offer: OfferId) -> Action {
        self.act(AgentAction::Decline(offer))
    }

    /// Wrap-up is done.
    pub fn wrap_up_done(&self) -> Action {
        self.act(AgentAction::WrapUpDone)
    }

    /// Says how a contact ended, with a disposition of the configuration.
    ///
    /// # Errors
    ///
    /// [`ActionError::UnknownName`].
    pub fn disposition(&self, call: CallId, code: &str) -> Result<Action, ActionError> {
        let code = self.engine.disposition_code(code)?;
        Ok(self.act(AgentAction::Disposition { call, code }))
    }

    /// Acts on a call of the agent.
    #[must_use]
    pub fn call(&self, call: CallId) -> CallHandle {
        CallHandle {
            engine: self.engine.clone(),
            call,
            by: self.actor.clone(),
        }
    }

    fn act(&self, action: AgentAction) -> Action {
        let input = Input::Agent {
            agent: self.agent,
            action,
        };
        Action(submit(&self.engine, input))
    }
}

/// Acts on a call, as the agent who talks or as a supervisor.
#[derive(Clone, Debug)]
pub struct CallHandle {
    engine: Engine,
    call: CallId,
    by: Actor,
}

impl CallHandle {
    /// Puts the caller on hold with music.
    pub fn hold(&self) -> Action {
        self.act(CallAction::Hold)
    }

    /// Takes the caller back.
    pub fn unhold(&self) -> Action {
        self.act(CallAction::Unhold)
    }

    /// Starts recording.
    pub fn start_recording(&self) -> Action {
        self.act(CallAction::StartRecording)
    }

    /// Stops recording for good.
    pub fn stop_recording(&self) -> Action {
        self.act(CallAction::StopRecording)
    }

    /// Pauses recording.
    pub fn pause_recording(&self) -> Action {
        self.act(CallAction::PauseRecording)
    }

    /// Resumes recording.
    pub fn resume_recording(&self) -> Action {
        self.act(CallAction::ResumeRecording)
    }

    /// Notes what the caller said to being recorded.
    pub fn set_consent(&self, consent: Consent) -> Action {
        self.act(CallAction::SetConsent(consent))
    }

    /// Starts a digit collection of the configuration.
    ///
    /// # Errors
    ///
    /// [`ActionError::UnknownName`].
    pub fn collect(&self, collection: &str) -> Result<Action, ActionError> {
        let collection = self.engine.collection_id(collection)?;
        Ok(self.act(CallAction::Collect(collection)))
    }

    /// Adds a party.
    pub fn add_participant(&self, participant: Participant) -> Action {
        self.act(CallAction::AddParticipant(participant))
    }

    /// Removes a party.
    pub fn remove_participant(&self, participant: Participant) -> Action {
        self.act(CallAction::RemoveParticipant(participant))
    }

    /// The agent leaves. With nobody left but the caller the call ends.
    pub fn leave(&self) -> Action {
        self.act(CallAction::Leave)
    }

    /// Ends the call for all.
    pub fn end(&self) -> Action {
        self.act(CallAction::End)
    }

    /// Puts the caller back into a queue, with the place kept.
    ///
    /// # Errors
    ///
    /// [`ActionError::UnknownName`].
    pub fn requeue(&self, queue: &str) -> Result<Action, ActionError> {
        let queue = self.engine.queue_id(queue)?;
        Ok(self.act(CallAction::Requeue(queue)))
    }

    fn act(&self, action: CallAction) -> Action {
        let input = Input::Call {
            call: self.call,
            by: self.by.clone(),
            action,
        };
        Action(submit(&self.engine, input))
    }
}

/// Acts on a queue.
#[derive(Clone, Debug)]
pub struct QueueHandle {
    engine: Engine,
    queue: QueueId,
}

impl QueueHandle {
    /// Closes the queue: those who wait take its `closed` exit.
    pub fn close(&self) -> Action {
        self.act(QueueAction::Close)
    }

    /// Opens the queue again, within its hours.
    pub fn open(&self) -> Action {
        self.act(QueueAction::Open)
    }

    fn act(&self, action: QueueAction) -> Action {
        let input = Input::Queue {
            queue: self.queue,
            action,
        };
        Action(submit(&self.engine, input))
    }
}

/// Acts as a supervisor.
#[derive(Clone, Debug)]
pub struct SupervisorHandle {
    engine: Engine,
    actor: Actor,
}

impl SupervisorHandle {
    pub(super) fn new(engine: Engine, actor: Actor) -> Self {
        Self { engine, actor }
    }

    /// Acts for an agent: forces a state.
    ///
    /// # Errors
    ///
    /// [`ActionError::UnknownName`].
    pub fn agent(&self, name: &str) -> Result<AgentHandle, ActionError> {
        let agent = self.engine.agent_id(name)?;
        Ok(AgentHandle::new(
            self.engine.clone(),
            agent,
            self.actor.clone(),
        ))
    }

    /// Acts on any call.
    #[must_use]
    pub fn call(&self, call: CallId) -> CallHandle {
        CallHandle {
            engine: self.engine.clone(),
            call,
            by: self.actor.clone(),
        }
    }

    /// Acts on a queue.
    ///
    /// # Errors
    ///
    /// [`ActionError::UnknownName`].
    pub fn queue(&self, name: &str) -> Result<QueueHandle, ActionError> {
        Ok(QueueHandle {
            queue: self.engine.queue_id(name)?,
            engine: self.engine.clone(),
        })
    }
}

fn submit(engine: &Engine, input: Input) -> Pending<Reply> {
    let hold = engine.clock().hold();
    engine.driver().submit(input, hold)
}

fn done(reply: Result<Reply, SubmitError>) -> Result<(), ActionError> {
    match reply? {
        Reply::Done | Reply::NewCall(_) | Reply::SameCall(_) => Ok(()),
        Reply::Ignored(reason) => Err(ActionError::Ignored(reason)),
        Reply::Refused(refusal) => Err(ActionError::Refused(refusal)),
    }
}

fn new_call(reply: Result<Reply, SubmitError>) -> Result<CallId, ActionError> {
    match reply? {
        Reply::NewCall(call) | Reply::SameCall(call) => Ok(call),
        // The core answers a contact in no other way than with its call, a reason or a refusal.
        Reply::Done => Err(ActionError::Submit(SubmitError::Stopped)),
        Reply::Ignored(reason) => Err(ActionError::Ignored(reason)),
        Reply::Refused(refusal) => Err(ActionError::Refused(refusal)),
    }
}
