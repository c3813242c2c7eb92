//! What decisions and requests say.

use super::*;
use crate::driver::{Consultation, Evidence};
use cordboard_core::decision::Decision;
use cordboard_core::ids::{
    AgentId, ConnectionId, Millis, PluginId, QuestionId, QueueId, ResourceAccountId, SkillId,
};
use cordboard_core::participant::Participant;
use cordboard_core::question::{
    Ask, CallerKind, Classification, ClassifyFacts, ContactFacts, DecisionPoint,
    EndpointSelectFacts, QueueRow, Reach, RecordingAdvice, RecordingChannels, RecordingFactState,
    RecordingFacts, RecordingFormat, RecordingMoment, Verdict,
};

const CALL: CallId = CallId(1);

fn contact(queue: QueueId) -> ContactFacts {
    ContactFacts {
        call: CALL,
        queue,
        waited: Millis(0),
        priority: 0,
        attempt: 0,
        labels: Vec::new(),
    }
}

/// A decision that plugin `policy` took for queue `sales`, in words.
fn told(
    choice: Choice,
    facts: impl FnOnce(ContactFacts) -> Facts,
    advice: Advice,
    reasons: &[(u32, &str)],
) -> String {
    let mut symbols = Symbols::default();
    let queue = QueueId(symbols.intern("sales"));
    let plugin = PluginId(symbols.intern("policy"));
    let question = QuestionId(7);
    let ask = Ask {
        question,
        call: CALL,
        plugin,
        now: 0,
        seed: 0,
        memo: Vec::new(),
        facts: facts(contact(queue)),
    };
    let point = ask.point();
    let reasons = reasons
        .iter()
        .map(|(code, text)| (*code, (*text).to_owned()));
    let record = DecisionRecord {
        decision: Decision {
            call: CALL,
            question: Some(question),
            point,
            queue,
            by: DecidedBy::Plugin(plugin),
            choice,
            considered: 1,
            passed_over: Vec::new(),
        },
        config: String::new(),
        consultation: Some(Consultation {
            ask,
            verdict: Some(Verdict {
                question,
                result: Ok(advice),
                memo: None,
            }),
            evidence: Some(Evidence {
                plugin: "policy 1.0.0".to_owned(),
                reasons: reasons.collect(),
                ..Evidence::default()
            }),
        }),
    };
    assert_eq!(record.decision.point, point);
    decision(&record, &symbols)
}

#[test]
fn a_recording_decision_says_why() {
    let text = told(
        Choice::Recording(RecordingAction::None),
        |contact| {
            Facts::RecordingPolicy(RecordingFacts {
                contact,
                moment: RecordingMoment::Connected,
                consent: Consent::Unknown,
                legally_required: false,
                state: RecordingFactState::Off,
            })
        },
        Advice::RecordingPolicy(RecordingAdvice {
            action: RecordingAction::None,
            format: RecordingFormat::Wav,
            channels: RecordingChannels::Mixed,
            retention_days: 0,
            with_transcription: false,
            with_streaming: false,
            reason: 5,
        }),
        &[(5, "the caller has not agreed")],
    );
    assert_eq!(
        text,
        "recording-policy in queue `sales` by plugin `policy`: recording stays as it is\n\
         asked policy 1.0.0 (ran 0 µs)\n\
         because: the caller has not agreed"
    );
}

#[test]
fn endpoints_are_named_by_what_rings() {
    let rings: Vec<Ring> = (0..4)
        .map(|endpoint| Ring {
            endpoint,
            stage: endpoint / 2,
            ring: Millis(15_000),
        })
        .collect();
    let kinds = [
        EndpointKind::TeamsClient,
        EndpointKind::CallingSdk,
        EndpointKind::Pstn,
    ];
    let text = told(
        Choice::Rings(rings.clone()),
        |contact| {
            let row = |kind| EndpointRow {
                kind,
                reach: Reach::Unknown,
                answered_last: false,
            };
            Facts::EndpointSelect(EndpointSelectFacts {
                contact,
                agent: AgentId(cordboard_core::ids::Symbol(9)),
                endpoints: kinds.map(row).into(),
            })
        },
        Advice::EndpointSelect(rings),
        &[],
    );
    for part in [
        DecisionPoint::EndpointSelect.name(),
        "endpoint 1 (Teams client) rings at stage 1 for 15 s",
        "endpoint 2 (Calling SDK client) rings at stage 1 for 15 s",
        "endpoint 3 (phone) rings at stage 2 for 15 s",
        // The facts do not have it: the text does without its kind.
        "endpoint 4 rings at stage 2 for 15 s",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[test]
fn whom_a_request_adds_is_told_and_numbers_are_masked() {
    let id = CommandId {
        call: CALL,
        sequence: 3,
    };
    let add = Operation::AddParticipant {
        connection: ConnectionId("connection".to_owned()),
        participant: Participant::from_raw_id("4:+14255550101"),
        ring: Millis(15_000),
        headers: std::collections::BTreeMap::new(),
    };
    assert_eq!(operation(id, &add), "→ request 3: add-participant 4:***01");
}

#[test]
fn a_classified_call_says_where_it_goes_how_urgent_it_is_and_what_it_needs() {
    let mut symbols = Symbols::default();
    let sales = QueueId(symbols.intern("sales"));
    let support = QueueId(symbols.intern("support"));
    let german = SkillId(symbols.intern("german"));
    let french = SkillId(symbols.intern("french"));
    let requirement = |skill, minimum, required, expires_after| Requirement {
        skill,
        minimum,
        required,
        expires_after,
    };
    let requirements = vec![
        requirement(german, 50, true, Some(Millis(20_000))),
        requirement(french, 1, false, None),
    ];
    let row = |queue| QueueRow {
        queue,
        waiting: 0,
        open: true,
        staffed: true,
    };
    let facts = Facts::Classify(ClassifyFacts {
        contact: contact(sales),
        line: ResourceAccountId(symbols.intern("line")),
        digit: None,
        consent: Consent::Unknown,
        caller: CallerKind::PhoneNumber,
        queues: vec![row(sales), row(support)],
    });
    let expected =
        "queue `support`, priority +5, needs `german` from 50 for 20 s, wishes for `french` from 1";
    let took_effect = Choice::Queue {
        queue: support,
        priority: 5,
        requirements: requirements.clone(),
    };
    assert_eq!(choice(&took_effect, &[], &symbols), expected);
    let answer = Ok(Advice::Classify(Classification {
        queue: 1,
        priority: 5,
        requirements,
        reason: 7,
    }));
    assert_eq!(
        advice(&answer, &facts, &symbols),
        format!("{expected} (reason 7)")
    );
}

#[test]
fn an_exit_is_told_with_its_name_its_reason_and_what_it_does() {
    let mut symbols = Symbols::default();
    let queue = QueueId(symbols.intern("sales"));
    let other = QueueId(symbols.intern("overflow"));
    let told = |reason, way, to| {
        let call = CALL;
        let exited = Event::QueueExited {
            call,
            queue,
            reason,
            way,
            to,
        };
        event(&exited, &symbols)
    };
    assert_eq!(
        told(ExitReason::MaxWait, ExitWay::Queue, Some(other)),
        "leaves queue `sales` by exit `max_wait`, because the longest time to wait is over: it goes to queue `overflow`"
    );
    assert_eq!(
        told(ExitReason::NoAgents, ExitWay::Message, None),
        "leaves queue `sales` by exit `no_agents`, because nobody who could serve it is logged in: a message, then the call ends"
    );
}

#[test]
fn the_end_of_a_call_names_its_exit_and_that_it_was_noticed_late() {
    let ended = |exit, away_since| Event::CallEnded {
        call: CALL,
        outcome: CallOutcome::Exited,
        agent: None,
        exit,
        away_since,
    };
    let symbols = Symbols::default();
    assert_eq!(
        event(&ended(Some(ExitReason::Closed), None), &symbols),
        "it is over: the caller left by an exit of the queue (`closed`: the queue is closed)"
    );
    assert_eq!(
        event(&ended(None, Some(Timestamp(1_000))), &symbols),
        "it is over: the caller left by an exit of the queue; it ended while the engine was away, after 1970-01-01T00:00:01Z, \
         and was noticed only now"
    );
}
