//! Decisions of plugins that behave.

use cordboard_core::{
    ids::{CallId, Millis, QuestionId, QueueId, ResourceAccountId, SkillId, Symbol},
    question::{
        Advice, CallerKind, Classification, ClassifyFacts, Consent, ContactFacts, Facts,
        PluginFailure, QueueRow, Ranked, Requirement,
    },
};
use serde_json::json;

use crate::{
    bench::{Bench, SLOT, ask, failure, score, spec},
    guest::{self, Guest, KEEP},
};

#[test]
fn a_decision_comes_back_with_all_that_a_record_needs() {
    let bench = Bench::new();
    let info = bench.load(&Guest::default()).unwrap();
    let answer = bench.asked(0);
    let first = Ranked {
        index: 0,
        score: 10,
        reason: 0,
    };
    assert_eq!(answer.verdict.question, QuestionId(77));
    assert_eq!(answer.verdict.result, Ok(Advice::SkillMatch(vec![first])));
    assert_eq!(answer.verdict.memo, None);
    assert_eq!(answer.plugin, Some(info.plugin));
    assert_eq!(answer.configuration, Some(info.configuration));
    assert_eq!(answer.words, [1, KEEP, 1, 0, 0, 10, 0]);

    // The record is enough to decide again.
    let plugin = bench.host.plugin(SLOT).unwrap();
    let again = plugin.decide_packed(&answer.facts);
    assert_eq!(again.verdict, answer.words);
    assert_eq!(again.result.unwrap().0, answer.verdict.result.ok());
}

#[test]
fn a_fresh_instance_forgets_and_a_warm_one_may_remember() {
    let fresh = Bench::new().with(&guest::counting());
    assert_eq!([1, 1, 1], [(); 3].map(|()| score(&fresh.decide())));

    let warm = Guest {
        manifest: json!({ "warm_calls": 2 }),
        ..guest::counting()
    };
    let bench = Bench::new().with(&warm);
    assert_eq!([1, 2, 1, 2], [(); 4].map(|()| score(&bench.decide())));

    let bench = Bench::new()
        .limits(|limits| limits.always_fresh = true)
        .with(&warm);
    assert_eq!([1, 1], [(); 2].map(|()| score(&bench.decide())));
}

#[test]
fn who_remembers_across_decisions_loses_the_right_to_instances_that_last() {
    let remembering = Guest {
        manifest: json!({ "warm_calls": 100 }),
        ..guest::counting()
    };
    let bench = Bench::new().with(&remembering);
    let plugin = bench.host.plugin(SLOT).unwrap();
    let first = bench.decide();
    assert!(
        !plugin.recheck(&first),
        "a first decision is as on a fresh instance"
    );
    assert!(plugin.reuses());
    let second = bench.decide();
    assert_eq!(score(&second), 2);
    assert!(plugin.recheck(&second));
    assert!(!plugin.reuses());
    assert!(!plugin.recheck(&second), "it is told once");
    assert_eq!([1, 1, 1], [(); 3].map(|()| score(&bench.decide())));

    let pure = Guest {
        manifest: json!({ "warm_calls": 100 }),
        ..Guest::default()
    };
    let bench = Bench::new().with(&pure);
    let plugin = bench.host.plugin(SLOT).unwrap();
    for _ in 0..3 {
        assert!(!plugin.recheck(&bench.decide()));
    }
    assert!(plugin.reuses());
}

#[test]
fn each_instance_starts_configured() {
    for manifest in [json!({}), json!({ "warm_calls": 2 })] {
        let mut bench = Bench::new();
        bench.config = json!({ "key": "value" });
        bench
            .load(&Guest {
                manifest,
                ..guest::measuring_configuration()
            })
            .unwrap();
        for _ in 0..4 {
            assert_eq!(score(&bench.decide()), 15, "the length of the JSON text");
        }
    }
}

#[test]
fn a_plugin_is_replaced_while_decisions_run() {
    let bench = Bench::new().with(&guest::answering(&[1, KEEP, 1, 0, 0, 1, 0]));
    let second = bench
        .host
        .compile(&spec(&guest::answering(&[1, KEEP, 1, 0, 0, 2, 0]).build()))
        .unwrap();
    let before: Vec<_> = (0..100).map(|_| bench.submit(ask(0))).collect();
    bench.host.put(SLOT, Ok(second)).unwrap();
    let after: Vec<_> = (0..100).map(|_| bench.submit(ask(0))).collect();
    for answer in before {
        assert!([1, 2].contains(&score(&answer.recv().unwrap())));
    }
    for answer in after {
        assert_eq!(score(&answer.recv().unwrap()), 2);
    }
}

#[test]
fn a_decision_point_that_the_plugin_lacks_is_not_loaded() {
    let bench = Bench::new().with(&Guest {
        point: "recording-policy",
        ..Guest::default()
    });
    let answer = bench.asked(0);
    let (kind, detail) = failure(&answer);
    assert_eq!(kind, PluginFailure::NotLoaded);
    assert!(
        detail.contains("no decision point `skill-match`"),
        "{detail}"
    );
}

#[test]
fn a_new_call_is_classified_with_what_its_agent_must_have() {
    let contact = ContactFacts {
        call: CallId(1),
        queue: QueueId(Symbol(21)),
        waited: Millis(0),
        priority: 0,
        attempt: 0,
        labels: Vec::new(),
    };
    let row = |queue| QueueRow {
        queue: QueueId(Symbol(queue)),
        waiting: 0,
        open: true,
        staffed: true,
    };
    let mut question = ask(0);
    question.facts = Facts::Classify(ClassifyFacts {
        contact,
        line: ResourceAccountId(Symbol(30)),
        digit: None,
        consent: Consent::Unknown,
        caller: CallerKind::PhoneNumber,
        queues: vec![row(21), row(22)],
    });
    let classifying = |queue| Guest {
        point: "classify",
        ..guest::answering(&[1, KEEP, 1, 1, queue, 5, 0, 60, 50, 1, 0])
    };
    let bench = Bench::new().with(&classifying(1));
    let answer = bench.host.decide(SLOT, &question);
    let requirement = Requirement {
        skill: SkillId(Symbol(60)),
        minimum: 50,
        required: true,
        expires_after: None,
    };
    assert_eq!(
        answer.verdict.result,
        Ok(Advice::Classify(Classification {
            queue: 1,
            priority: 5,
            requirements: vec![requirement],
            reason: 0,
        }))
    );
    let bench = Bench::new().with(&classifying(2));
    let answer = bench.host.decide(SLOT, &question);
    let (kind, detail) = failure(&answer);
    assert_eq!(kind, PluginFailure::BadOutput);
    assert!(detail.contains("row 2 does not exist"), "{detail}");
}

#[test]
fn a_verdict_that_the_guest_frees_is_copied_before() {
    for manifest in [json!({}), json!({ "warm_calls": 9 })] {
        let bench = Bench::new().with(&Guest {
            manifest,
            ..guest::freeing_its_verdict()
        });
        assert_eq!(score(&bench.decide()), 10);
    }
}

#[test]
fn a_memo_goes_in_and_comes_back() {
    let bench = Bench::new().with(&guest::answering(&[0, 1, 0, 0, 0x0403_0201]));
    let answer = bench.decide();
    assert_eq!(failure(&answer).0, PluginFailure::Abstain);
    assert_eq!(answer.verdict.memo, Some(vec![1, 2, 3, 4]));

    let mut again = ask(0);
    again.memo = vec![1, 2, 3, 4];
    let answer = bench.host.decide(SLOT, &again);
    assert_eq!(answer.facts.last(), Some(&0x0403_0201));
}
