//! Actions over HTTP.

use super::Api;
use super::access::Asker;
use super::answer::{ApiError, done, ignored, read};
use crate::config::Holder;
use crate::engine::{Action, AgentHandle, CallHandle, Contact};
use crate::error::ActionError;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cordboard_core::ids::{CallId, OfferId};
use cordboard_core::participant::{Participant, ParticipantKind};
use cordboard_core::question::Consent;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// The body of a request; axum reads it within the limit.
type Body = Result<Bytes, BytesRejection>;

/// `POST /v1/agents/{agent}/actions`.
pub(super) async fn agent(
    State(api): State<Api>,
    asker: Asker,
    Path(name): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let _hold = api.engine.clock().hold();
    let agent = match &asker.holder {
        Holder::Agent(own) => {
            // Whether there is another agent of that name is nothing that an agent is told.
            if api.engine.config().symbols.name(own.0) != name {
                return Err(ApiError::Forbidden("agents act for themselves only"));
            }
            api.engine.agent(&name)?
        }
        Holder::Supervisor(supervisor) => api.engine.supervisor(supervisor).agent(&name)?,
        Holder::Observer(_) => return Err(ApiError::Forbidden("observers act on nothing")),
    };
    let action = read::<AgentAction>(body)?.start(&agent)?;
    done(action.await)
}

/// The call that a path names.
pub(super) fn call_number(number: &str) -> Result<CallId, ApiError> {
    number.parse().map(CallId).map_err(|_| {
        ApiError::BadRequest(format!(
            "`{number}` is no call: use the number that events give"
        ))
    })
}

/// `POST /v1/calls/{call}/actions`.
pub(super) async fn call(
    State(api): State<Api>,
    asker: Asker,
    Path(number): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let _hold = api.engine.clock().hold();
    let call = call_number(&number)?;
    let call = match &asker.holder {
        Holder::Agent(own) => {
            let config = api.engine.config();
            api.engine.agent(config.symbols.name(own.0))?.call(call)
        }
        Holder::Supervisor(supervisor) => api.engine.supervisor(supervisor).call(call),
        Holder::Observer(_) => return Err(ApiError::Forbidden("observers act on nothing")),
    };
    let action = read::<CallAction>(body)?.start(&call)?;
    done(action.await)
}

/// `POST /v1/queues/{queue}/actions`.
pub(super) async fn queue(
    State(api): State<Api>,
    asker: Asker,
    Path(name): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let _hold = api.engine.clock().hold();
    let queue = api.engine.supervisor(asker.supervisor()?).queue(&name)?;
    let action = match read::<QueueAction>(body)? {
        QueueAction::Close {} => queue.close(),
        QueueAction::Open {} => queue.open(),
    };
    done(action.await)
}

/// `POST /v1/contacts`. Repeated, as after a lost answer, it gives the number of the first call.
pub(super) async fn contact(
    State(api): State<Api>,
    asker: Asker,
    body: Body,
) -> Result<Response, ApiError> {
    let _hold = api.engine.clock().hold();
    asker.supervisor()?;
    let contact: NewContact = read(body)?;
    let submitted = api.engine.submit_contact(Contact {
        id: contact.id,
        queue: contact.queue,
        priority: contact.priority,
        context: contact.context,
    })?;
    match submitted.await {
        Ok(call) => Ok((StatusCode::CREATED, Json(json!({ "call": call.0 }))).into_response()),
        Err(ActionError::Ignored(reason)) => Ok(ignored(reason)),
        Err(error) => Err(error.into()),
    }
}

// Actions without members are written `{}`: serde would let unknown members of a bare variant pass.

/// What an agent, or a supervisor for an agent, does.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
enum AgentAction {
    Ready {},
    NotReady { reason: String },
    Offline {},
    Heartbeat {},
    Accept { offer: String },
    Decline { offer: String },
    WrapUpDone {},
    Disposition { call: u64, code: String },
}

impl AgentAction {
    fn start(self, agent: &AgentHandle) -> Result<Action, ApiError> {
        Ok(match self {
            Self::Ready {} => agent.ready(),
            Self::NotReady { reason } => agent.not_ready(&reason)?,
            Self::Offline {} => agent.offline(),
            Self::Heartbeat {} => agent.heartbeat(),
            Self::Accept { offer } => agent.accept(read_offer(&offer)?),
            Self::Decline { offer } => agent.decline(read_offer(&offer)?),
            Self::WrapUpDone {} => agent.wrap_up_done(),
            Self::Disposition { call, code } => agent.disposition(CallId(call), &code)?,
        })
    }
}

/// What is done about a call.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
enum CallAction {
    Hold {},
    Unhold {},
    StartRecording {},
    StopRecording {},
    PauseRecording {},
    ResumeRecording {},
    SetConsent { consent: Consent },
    Collect { collection: String },
    AddParticipant { participant: String },
    RemoveParticipant { participant: String },
    Leave {},
    End {},
    Requeue { queue: String },
}

impl CallAction {
    fn start(self, call: &CallHandle) -> Result<Action, ApiError> {
        Ok(match self {
            Self::Hold {} => call.hold(),
            Self::Unhold {} => call.unhold(),
            Self::StartRecording {} => call.start_recording(),
            Self::StopRecording {} => call.stop_recording(),
            Self::PauseRecording {} => call.pause_recording(),
            Self::ResumeRecording {} => call.resume_recording(),
            Self::SetConsent { consent } => call.set_consent(consent),
            Self::Collect { collection } => call.collect(&collection)?,
            Self::AddParticipant { participant } => {
                call.add_participant(read_participant(participant)?)
            }
            Self::RemoveParticipant { participant } => {
                call.remove_participant(read_participant(participant)?)
            }
            Self::Leave {} => call.leave(),
            Self::End {} => call.end(),
            Self::Requeue { queue } => call.requeue(&queue)?,
        })
    }
}

/// What is done about a queue.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
enum QueueAction {
    Close {},
    Open {},
}

/// A contact whose media somebody else controls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewContact {
    id: String,
    queue: String,
    #[serde(default)]
    priority: i32,
    #[serde(default)]
    context: BTreeMap<String, String>,
}

fn read_offer(text: &str) -> Result<OfferId, ApiError> {
    let parse = || {
        let (call, generation) = text.split_once('-')?;
        Some(OfferId {
            call: CallId(call.parse().ok()?),
            generation: generation.parse().ok()?,
        })
    };
    parse().ok_or_else(|| {
        ApiError::BadRequest(format!(
            "`{text}` is no offer: use the text that the event gives"
        ))
    })
}

/// A raw id, or a phone number in E.164 form.
fn read_participant(text: String) -> Result<Participant, ApiError> {
    let participant = if text.starts_with('+') {
        Participant::phone(&text)
    } else {
        Participant::from_raw_id(text)
    };
    if participant.kind() == ParticipantKind::Unknown {
        return Err(ApiError::BadRequest(
            "the participant is no raw id (`8:orgid:…`) and no phone number (`+14255550123`)"
                .to_owned(),
        ));
    }
    Ok(participant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_told_apart_by_name_and_take_nothing_else() {
        let read = |text: &str| serde_json::from_str::<AgentAction>(text);
        assert!(matches!(
            read(r#"{"action":"ready"}"#),
            Ok(AgentAction::Ready {})
        ));
        assert!(matches!(
            read(r#"{"action":"not-ready","reason":"break"}"#),
            Ok(AgentAction::NotReady { .. })
        ));
        let error = read(r#"{"action":"sleep"}"#).unwrap_err().to_string();
        assert!(error.contains("unknown variant `sleep`"), "{error}");
        assert!(read(r#"{"action":"not-ready"}"#).is_err());
        assert!(read(r#"{"action":"not-ready","reason":"break","until":1}"#).is_err());
    }

    #[test]
    fn offers_and_participants_are_read_as_they_are_shown() {
        let offer = OfferId {
            call: CallId(7),
            generation: 2,
        };
        assert_eq!(read_offer(&offer.to_string()).unwrap(), offer);
        assert!(read_offer("7").is_err());
        assert!(read_participant("+14255550123".to_owned()).is_ok());
        assert!(read_participant("8:orgid:x".to_owned()).is_ok());
        assert!(read_participant("anna".to_owned()).is_err());
    }
}
