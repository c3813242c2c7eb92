//! What earlier releases wrote opens and decodes for ever.
//!
//! `tests/golden/v1` holds entries, records and a snapshot as frames, and a whole journal as files.
//! `UPDATE=1 cargo test -p cordboard-journal golden` adds what is missing and never touches what is
//! there; `UPDATE=release` adds the state of a tenant for the version about to be released as well.
//! Once a version is released, its files stay; before that, one may be deleted and added anew when
//! a type of the core has changed for good reason.

use crate::entry::{
    Manifest, decode_entry, decode_manifest, decode_part, decode_record, encode_entry,
    encode_manifest, encode_part, encode_record,
};
use crate::*;
use cordboard_core::decision::{Choice, DecidedBy, PassedOver, PassedOverReason};
use cordboard_core::event::PluginChange;
use cordboard_core::ids::*;
use cordboard_core::input::*;
use cordboard_core::participant::{Participant, ParticipantState};
use cordboard_core::question::{Advice, DecisionPoint, PluginFailure, Ranked, Verdict};
use cordboard_core::{Config, Decision, Input, Tenant};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

const AT: Timestamp = Timestamp(1_795_000_000_000);
const CORE: CoreVersion = CoreVersion(1);

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Returns the golden bytes of that name, or adds them when that was asked for.
fn golden(name: &str, now: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = folder().join("v1").join(format!("{name}.bin"));
    if let Ok(bytes) = std::fs::read(&path) {
        return bytes;
    }
    assert!(
        std::env::var_os("UPDATE").is_some(),
        "{} is missing: UPDATE=1 adds it",
        path.display()
    );
    let bytes = now();
    std::fs::write(&path, &bytes).unwrap();
    bytes
}

fn config() -> Config {
    let text = std::fs::read_to_string(folder().join("config.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn incoming_call() -> IncomingCall {
    IncomingCall {
        event: EventId("event-1".into()),
        to: Participant::from_raw_id("28:orgid:main"),
        from: Participant::phone("+14255550123"),
        caller_name: "Zoë".into(),
        context: CallContext("capability".into()),
        correlation_id: "correlation".into(),
        rang_at: AT,
        headers: BTreeMap::from([("X-MS-Custom-Tier".into(), "gold".into())]),
    }
}

fn call_event(name: &str, kind: CallEventKind) -> (String, Input) {
    let event = CallEvent {
        call: CallId(1),
        event: EventId("event-2".into()),
        connection: ConnectionId("connection".into()),
        operation: Some(7),
        kind,
    };
    (format!("call-event-{name}"), Input::CallEvent(event))
}

fn outcome(name: &str, outcome: Outcome) -> (String, Input) {
    let command = CommandId {
        call: CallId(1),
        sequence: 7,
    };
    (
        format!("outcome-{name}"),
        Input::Outcome { command, outcome },
    )
}

fn call_action(name: &str, action: CallAction) -> (String, Input) {
    let by = Actor::Agent(AgentId(Symbol(4)));
    (
        format!("call-{name}"),
        Input::Call {
            call: CallId(1),
            by,
            action,
        },
    )
}

fn agent_action(name: &str, action: AgentAction) -> (String, Input) {
    let agent = AgentId(Symbol(4));
    (format!("agent-{name}"), Input::Agent { agent, action })
}

/// One input of every kind, and of every shape of data within.
fn inputs() -> Vec<(String, Input)> {
    let codes = ResultCodes {
        code: 487,
        sub_code: 560_000,
    };
    let caller = || Participant::phone("+14255550123");
    let parties = || {
        vec![ParticipantState {
            participant: caller(),
            on_hold: true,
            muted: false,
        }]
    };
    let offer = OfferId {
        call: CallId(1),
        generation: 2,
    };
    let recording = || RecordingId("recording".into());
    let mut inputs = vec![
        ("config".to_owned(), Input::Config(Arc::new(config()))),
        ("restarted".to_owned(), Input::Restarted { epoch: Epoch(3) }),
        ("tick".to_owned(), Input::Tick),
        (
            "incoming-call".to_owned(),
            Input::IncomingCall(incoming_call()),
        ),
        (
            "queue".to_owned(),
            Input::Queue {
                queue: QueueId(Symbol(2)),
                action: QueueAction::Close,
            },
        ),
        (
            "contact".to_owned(),
            Input::Contact(NewContact {
                event: EventId("event-3".into()),
                queue: QueueId(Symbol(2)),
                priority: -3,
                headers: BTreeMap::new(),
            }),
        ),
        (
            "verdict-advice".to_owned(),
            Input::Verdict(Verdict {
                question: QuestionId(5),
                result: Ok(Advice::SkillMatch(vec![Ranked {
                    index: 3,
                    score: -9,
                    reason: 1,
                }])),
                memo: Some(vec![0, 200]),
            }),
        ),
        (
            "verdict-failure".to_owned(),
            Input::Verdict(Verdict {
                question: QuestionId(5),
                result: Err(PluginFailure::Deadline),
                memo: None,
            }),
        ),
    ];
    inputs.extend([
        call_event("connected", CallEventKind::CallConnected),
        call_event("disconnected", CallEventKind::CallDisconnected(codes)),
        call_event(
            "participants",
            CallEventKind::ParticipantsUpdated {
                sequence: 4,
                participants: parties(),
            },
        ),
        call_event(
            "participant-added",
            CallEventKind::ParticipantAdded(caller()),
        ),
        call_event(
            "add-failed",
            CallEventKind::AddParticipantFailed(caller(), codes),
        ),
        call_event(
            "invitation-cancelled",
            CallEventKind::InvitationCancelled(InvitationId("invitation".into())),
        ),
        call_event(
            "digits",
            CallEventKind::DigitsRecognized(Digits::Plain("12#".into())),
        ),
        call_event(
            "sensitive-digits",
            CallEventKind::DigitsRecognized(Digits::Sensitive { count: 16 }),
        ),
        call_event(
            "recording-state",
            CallEventKind::RecordingStateChanged {
                recording: recording(),
                active: true,
            },
        ),
        call_event(
            "transcription",
            CallEventKind::TranscriptionChanged { active: false },
        ),
        call_event("other", CallEventKind::Other("SomethingNew".into())),
        outcome("accepted", Outcome::Accepted(Response::Empty)),
        outcome(
            "connection",
            Outcome::Accepted(Response::Connection {
                connection: ConnectionId("connection".into()),
                gone: false,
            }),
        ),
        outcome(
            "invitation",
            Outcome::Accepted(Response::Invitation(InvitationId("invitation".into()))),
        ),
        outcome(
            "another-invitation",
            Outcome::Accepted(Response::AnotherInvitation(InvitationId(
                "invitation".into(),
            ))),
        ),
        outcome(
            "recording",
            Outcome::Accepted(Response::Recording {
                recording: Some(recording()),
                active: true,
            }),
        ),
        outcome(
            "participants",
            Outcome::Accepted(Response::Participants(parties())),
        ),
        outcome(
            "refused",
            Outcome::Refused {
                status: 404,
                sub_code: Some(8_522),
            },
        ),
        outcome("unknown", Outcome::Unknown),
        agent_action("ready", AgentAction::Ready),
        agent_action("not-ready", AgentAction::NotReady(CodeId(Symbol(13)))),
        agent_action("accept", AgentAction::Accept(offer)),
        agent_action(
            "disposition",
            AgentAction::Disposition {
                call: CallId(1),
                code: CodeId(Symbol(14)),
            },
        ),
        call_action("hold", CallAction::Hold),
        call_action("collect", CallAction::Collect(CollectionId(Symbol(12)))),
        call_action("add", CallAction::AddParticipant(caller())),
        call_action("requeue", CallAction::Requeue(QueueId(Symbol(2)))),
        ("new-calls".to_owned(), Input::NewCalls(NewCalls::Leave)),
        ("turn-away".to_owned(), Input::TurnAway(incoming_call())),
        (
            "skipped-call".to_owned(),
            Input::Skipped(Skipped::Call(CallId(1))),
        ),
        ("skipped-tick".to_owned(), Input::Skipped(Skipped::Tick)),
        (
            "skipped-match".to_owned(),
            Input::Skipped(Skipped::Match(CallId(1))),
        ),
        (
            "skipped-restart".to_owned(),
            Input::Skipped(Skipped::Restart(CallId(1))),
        ),
        (
            "plugin-changed".to_owned(),
            Input::PluginChanged(PluginNews {
                plugin: PluginId(Symbol(15)),
                change: PluginChange::Refused,
                detail: "not a component".to_owned(),
            }),
        ),
    ]);
    inputs
}

fn decision() -> Decision {
    Decision {
        call: CallId(1),
        question: Some(QuestionId(5)),
        point: DecisionPoint::SkillMatch,
        queue: QueueId(Symbol(2)),
        by: DecidedBy::Fallback(PluginId(Symbol(15)), PluginFailure::Deadline),
        choice: Choice::Agent(AgentId(Symbol(4))),
        considered: 2,
        passed_over: vec![PassedOver {
            agent: AgentId(Symbol(5)),
            reason: PassedOverReason::LacksSkill,
        }],
    }
}

/// A tenant with a call in its queue.
fn tenant() -> Tenant {
    let mut tenant = Tenant::new();
    let _ = tenant.handle(AT, Input::Config(Arc::new(config())));
    let _ = tenant.handle(AT, Input::IncomingCall(incoming_call()));
    while tenant.poll_command().is_some() {}
    tenant
}

#[test]
fn golden_entries_decode_to_what_was_written() {
    for (number, (name, input)) in inputs().into_iter().enumerate() {
        let seq = Seq(u64::try_from(number).unwrap() + 1);
        let bytes = golden(&format!("entry-{name}"), || {
            encode_entry(seq, AT, CORE, &encode_payload(&input).unwrap())
        });
        // The file knows its number; the list above may grow in the middle.
        let seq = Seq(u64::from_le_bytes(bytes[12..20].try_into().unwrap()));
        let entry = decode_entry(seq, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((entry.now, entry.core), (AT, CORE), "{name}");
        let read: Input = decode_payload(&entry.payload).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(read, input, "{name}");
    }
}

#[test]
fn golden_records_decode_to_what_was_written() {
    let id = RecordId {
        seq: Seq(9),
        number: 1,
    };
    let bytes = golden("record", || {
        let payload = encode_payload(&decision()).unwrap();
        encode_record(id, AT, CORE, &["contoso/1", "ann"], &payload)
    });
    let record = decode_record(id, &bytes).unwrap();
    assert_eq!((record.now, record.core), (AT, CORE));
    assert_eq!(record.subjects, ["contoso/1", "ann"]);
    assert_eq!(decode_payload(&record.payload), Ok(decision()));
}

#[test]
fn golden_snapshots_decode_to_what_was_written() {
    let state = b"the state of all tenants";
    let part = golden("snapshot-part", || encode_part(Seq(9), CORE, 0, state));
    assert_eq!(decode_part(Seq(9), 0, &part), Ok(&state[..]));
    let manifest = Manifest {
        seq: Seq(9),
        now: AT,
        core: CORE,
        state_hash: [5; 32],
        bytes: u64::try_from(state.len()).unwrap(),
        parts: 1,
    };
    let bytes = golden("snapshot", || encode_manifest(&manifest));
    assert_eq!(decode_manifest(Seq(9), &bytes), Ok(manifest));
}

#[test]
fn golden_states_of_every_release_go_on() {
    // One per release, since only releases have to be read. Between them the state may change.
    let path = folder().join(concat!("v1/state-", env!("CARGO_PKG_VERSION"), ".bin"));
    let now = encode_payload(&tenant()).unwrap();
    if std::env::var("UPDATE").is_ok_and(|update| update == "release") && !path.exists() {
        std::fs::write(&path, &now).unwrap();
    }
    let released = std::fs::read_dir(folder().join("v1"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("state-")
        })
        .map(|path| std::fs::read(path).unwrap());
    for state in released.chain([now]) {
        let mut tenant: Tenant = decode_payload(&state).unwrap();
        assert!(tenant.poll_timeout().is_some());
        let _ = tenant.handle(AT.after(Millis(1)), Input::Restarted { epoch: Epoch(2) });
        assert!(tenant.poll_command().is_some(), "the call was forgotten");
    }
}

#[test]
fn a_state_is_read_as_it_was() {
    let tenant = tenant();
    let bytes = encode_payload(&tenant).unwrap();
    assert_eq!(decode_payload::<Tenant>(&bytes), Ok(tenant));
}

#[test]
fn golden_journals_open() {
    let files = folder().join("v1/journal");
    let entries = || inputs().into_iter().take(8);
    let options = || Options::new(CORE);
    if !files.exists() {
        assert!(
            std::env::var_os("UPDATE").is_some(),
            "{} is missing: UPDATE=1 adds it",
            files.display()
        );
        let (mut journal, _) = open(&files, options()).unwrap();
        for (_, input) in entries() {
            let seq = journal
                .append(AT, &encode_payload(&input).unwrap())
                .unwrap();
            let payload = encode_payload(&decision()).unwrap();
            journal.record(seq, AT, &["contoso/1"], &payload).unwrap();
        }
        let state = Snapshot {
            seq: Seq(5),
            now: AT,
            core: CORE,
            state_hash: [5; 32],
            bytes: b"state"[..].into(),
        };
        journal.snapshot(state).unwrap();
        journal.blobs().put(b"{}").unwrap();
        Box::new(journal).close().unwrap();
        std::fs::remove_file(files.join("journal.lock")).unwrap();
    }
    // Opening writes, so a copy is opened.
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(&files).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let (journal, report) = open(copy.path(), options()).unwrap();
    assert_eq!(
        (report.tail, report.first, report.last),
        (Tail::Closed, Seq(1), Seq(8))
    );
    assert_eq!(journal.identity().epoch, Epoch(2));
    let read = |entry: Result<Entry, ReadError>| decode_payload(&entry.unwrap().payload).unwrap();
    let inputs: Vec<Input> = journal
        .replay(ReplayFrom::Start)
        .unwrap()
        .map(read)
        .collect();
    assert!(
        inputs
            .iter()
            .eq(entries().map(|(_, input)| input).collect::<Vec<_>>().iter())
    );
    let replay = journal.replay(ReplayFrom::NewestSnapshot).unwrap();
    let snapshot = replay.snapshot.as_ref().unwrap();
    assert_eq!((snapshot.seq, &*snapshot.bytes), (Seq(5), &b"state"[..]));
    assert_eq!(replay.count(), 3);
    let records = journal.records().about("contoso/1", None, 9).unwrap();
    assert_eq!(records.len(), 8);
    assert_eq!(decode_payload(&records[0].payload), Ok(decision()));
    let (digest, _) = journal.blobs().list().unwrap()[0];
    assert_eq!(journal.blobs().read(&digest), Ok(Some(b"{}".to_vec())));
}
