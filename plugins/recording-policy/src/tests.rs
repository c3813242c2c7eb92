use cordboard_plugin::testing::{
    Contact, Names, RecordingAnswer, RecordingFacts, Vector, check_golden, compile, configure,
    manifest,
};
use cordboard_plugin::{
    Consent, RecordingAction, RecordingChannels, RecordingFormat, RecordingMoment, RecordingState,
};
use serde_json::Value;

use super::*;

const SCHEMA: &str = include_str!("../schema.json");
const EXAMPLE: &str = include_str!("../example.json");

use Consent::{Given, Refused, Unknown};
use RecordingMoment::{
    AskedPause, AskedResume, AskedStart, AskedStop, Connected, ConsentChanged, PaymentEnded,
    PaymentStarted,
};
use RecordingState::{Active, Off, Paused};

fn names() -> Names {
    Names::new(["support", "sales", "billing"])
}

fn plugin(config: &str) -> ConsentRules {
    configure(config, &names()).unwrap()
}

fn rule(record: &str) -> ConsentRules {
    plugin(&format!(r#"{{ "default": {{ "record": "{record}" }} }}"#))
}

fn at(why: RecordingMoment, state: RecordingState, consent: Consent) -> RecordingFacts {
    RecordingFacts {
        contact: Contact {
            queue: names().queue("support"),
            ..Default::default()
        },
        why,
        consent,
        state,
        ..Default::default()
    }
}

fn by_law(facts: RecordingFacts) -> RecordingFacts {
    RecordingFacts {
        is_legally_required: true,
        ..facts
    }
}

fn action(plugin: &ConsentRules, facts: &RecordingFacts) -> (RecordingAction, u16) {
    let RecordingAnswer { verdict, .. } = facts.decide(plugin);
    let verdict = verdict.unwrap();
    (verdict.action, verdict.reason.0)
}

fn check(plugin: &ConsentRules, facts: RecordingFacts, expected: RecordingAction, reason: Reason) {
    assert_eq!(
        action(plugin, &facts),
        (expected, reason as u16),
        "{facts:?}"
    );
}

#[test]
fn each_rule_starts_when_the_agent_is_there() {
    use RecordingAction::{None, Start};
    let cases = [
        ("unless-refused", Unknown, Start, Reason::NotRefused),
        ("unless-refused", Given, Start, Reason::NotRefused),
        ("unless-refused", Refused, None, Reason::Refused),
        ("with-consent", Unknown, None, Reason::NotAgreed),
        ("with-consent", Given, Start, Reason::Agreed),
        ("with-consent", Refused, None, Reason::Refused),
        ("on-request", Unknown, None, Reason::OnRequest),
        ("on-request", Given, None, Reason::OnRequest),
        ("on-request", Refused, None, Reason::Refused),
        ("never", Unknown, None, Reason::NeverRecorded),
        ("never", Given, None, Reason::NeverRecorded),
        ("never", Refused, None, Reason::NeverRecorded),
    ];
    for (record, consent, expected, reason) in cases {
        let plugin = rule(record);
        check(&plugin, at(Connected, Off, consent), expected, reason);
        let law = by_law(at(Connected, Off, consent));
        check(&plugin, law, Start, Reason::RequiredByLaw);
    }
}

#[test]
fn a_recording_that_runs_is_not_started_again() {
    let plugin = rule("unless-refused");
    for state in [Active, Paused] {
        let facts = at(Connected, state, Unknown);
        check(&plugin, facts, RecordingAction::None, Reason::AlreadySo);
    }
}

#[test]
fn consent_starts_and_refusal_stops() {
    let plugin = rule("with-consent");
    let facts = at(ConsentChanged, Off, Given);
    check(&plugin, facts, RecordingAction::Start, Reason::Agreed);
    for state in [Active, Paused] {
        let facts = at(ConsentChanged, state, Refused);
        check(
            &plugin,
            facts.clone(),
            RecordingAction::Stop,
            Reason::Refused,
        );
        check(
            &plugin,
            by_law(facts),
            RecordingAction::None,
            Reason::RequiredByLaw,
        );
        let facts = at(ConsentChanged, state, Given);
        check(&plugin, facts, RecordingAction::None, Reason::Agreed);
    }
}

#[test]
fn a_payment_pauses_whatever_runs() {
    let plugin = rule("unless-refused");
    for state in [Off, Active, Paused] {
        for consent in [Unknown, Given, Refused] {
            let facts = at(PaymentStarted, state, consent);
            let verdict = facts.decide(&plugin).verdict.unwrap();
            assert_eq!(verdict.action, RecordingAction::Pause);
            assert!(verdict.with_transcription && verdict.with_streaming);
            check(
                &plugin,
                by_law(facts),
                RecordingAction::Pause,
                Reason::Payment,
            );
        }
    }
}

#[test]
fn a_payment_can_end_a_recording_unless_the_law_requires_it() {
    let plugin = plugin(r#"{ "default": { "payment": "stop" } }"#);
    let facts = at(PaymentStarted, Active, Given);
    check(
        &plugin,
        facts.clone(),
        RecordingAction::Stop,
        Reason::Payment,
    );
    check(
        &plugin,
        by_law(facts),
        RecordingAction::Pause,
        Reason::Payment,
    );
    let facts = at(PaymentStarted, Off, Given);
    check(&plugin, facts, RecordingAction::Pause, Reason::Payment);
}

#[test]
fn after_a_payment_it_goes_on_if_it_still_may() {
    let resumes = rule("with-consent");
    let facts = at(PaymentEnded, Paused, Given);
    check(
        &resumes,
        facts.clone(),
        RecordingAction::Resume,
        Reason::PaymentOver,
    );
    let refused = at(PaymentEnded, Paused, Refused);
    check(&resumes, refused, RecordingAction::Stop, Reason::Refused);
    let nothing_recorded = at(PaymentEnded, Off, Unknown);
    check(
        &resumes,
        nothing_recorded,
        RecordingAction::Resume,
        Reason::PaymentOver,
    );

    let waits = plugin(r#"{ "default": { "resume_after_payment": false } }"#);
    check(
        &waits,
        facts.clone(),
        RecordingAction::None,
        Reason::WaitsForAgent,
    );
    check(
        &waits,
        by_law(facts),
        RecordingAction::Resume,
        Reason::PaymentOver,
    );
}

#[test]
fn agents_get_what_they_may_ask_for() {
    let all = plugin(
        r#"{ "default": { "record": "on-request",
            "agents_may": ["start", "stop", "pause", "resume"] } }"#,
    );
    let none = plugin(r#"{ "default": { "record": "on-request", "agents_may": [] } }"#);
    let cases = [
        (AskedStart, Off, RecordingAction::Start),
        (AskedStop, Active, RecordingAction::Stop),
        (AskedStop, Paused, RecordingAction::Stop),
        (AskedPause, Active, RecordingAction::Pause),
        (AskedResume, Paused, RecordingAction::Resume),
    ];
    for (why, state, expected) in cases {
        check(&all, at(why, state, Unknown), expected, Reason::AskedFor);
        let facts = at(why, state, Unknown);
        check(&none, facts, RecordingAction::None, Reason::MayNot);
    }
    let pointless = [
        (AskedStart, Active),
        (AskedStop, Off),
        (AskedPause, Paused),
        (AskedPause, Off),
        (AskedResume, Active),
    ];
    for (why, state) in pointless {
        let facts = at(why, state, Unknown);
        check(&all, facts, RecordingAction::None, Reason::AlreadySo);
    }
}

#[test]
fn nobody_can_ask_against_the_caller_or_the_law() {
    let all = plugin(
        r#"{ "default": { "record": "on-request",
            "agents_may": ["start", "stop", "pause", "resume"] } }"#,
    );
    let start = at(AskedStart, Off, Refused);
    check(&all, start.clone(), RecordingAction::None, Reason::Refused);
    let resume = at(AskedResume, Paused, Refused);
    check(&all, resume, RecordingAction::None, Reason::Refused);
    let stop = by_law(at(AskedStop, Active, Refused));
    check(&all, stop, RecordingAction::None, Reason::RequiredByLaw);
    let none = plugin(r#"{ "default": { "record": "never", "agents_may": [] } }"#);
    check(
        &none,
        by_law(start),
        RecordingAction::Start,
        Reason::RequiredByLaw,
    );
    let start = at(AskedStart, Off, Given);
    check(&none, start, RecordingAction::None, Reason::NeverRecorded);
}

#[test]
fn the_file_is_as_the_queue_wants_it() {
    let plugin = plugin(EXAMPLE);
    let mut facts = at(Connected, Off, Given);
    let verdict = facts.decide(&plugin).verdict.unwrap();
    assert_eq!(verdict.channels, RecordingChannels::Mixed);
    assert_eq!(
        (verdict.format, verdict.retention_days),
        (RecordingFormat::Wav, 90)
    );
    facts.contact.queue = names().queue("sales");
    let verdict = facts.decide(&plugin).verdict.unwrap();
    assert_eq!(verdict.channels, RecordingChannels::Unmixed);
    assert_eq!(
        (verdict.format, verdict.retention_days),
        (RecordingFormat::Wav, 30)
    );
}

#[test]
fn a_code_of_a_later_version_is_left_to_the_queue() {
    let mut facts = at(Connected, Off, Given).pack();
    facts[21] = 8;
    let words = cordboard_plugin::recording_policy::decide(&plugin("{}"), &facts);
    assert_eq!(RecordingAnswer::read(&words).unwrap().verdict, None);
}

#[test]
fn mistakes_that_the_schema_cannot_see_have_their_places() {
    let config = r#"{
        "default": { "format": "mp3" },
        "queues": {
            "sales": { "channels": "unmixed" },
            "billing": { "keep_days": 36501 },
            "support": { "channels": "unmixed", "format": "wav" }
        }
    }"#;
    let problems = configure::<ConsentRules>(config, &names()).unwrap_err();
    let paths: Vec<_> = problems.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["/queues/2/channels", "/queues/3/keep_days"]);
}

#[test]
fn the_schema_accepts_the_example_and_refuses_what_the_plugin_refuses() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let is_valid = |text: &str| validator.is_valid(&serde_json::from_str(text).unwrap());
    assert!(is_valid(EXAMPLE));
    assert!(is_valid("{}"));
    let refused = [
        r#"{ "default": { "record": "always" } }"#,
        r#"{ "default": { "agents_may": ["delete"] } }"#,
        r#"{ "default": { "payment": "ignore" } }"#,
        r#"{ "default": { "resume_after_payment": "yes" } }"#,
        r#"{ "default": { "format": "flac" } }"#,
        r#"{ "default": { "channels": 2 } }"#,
        r#"{ "default": { "keep_days": 36501 } }"#,
        r#"{ "default": { "keep_days": -1 } }"#,
        r#"{ "default": { "keep": 1 } }"#,
        r#"{ "rules": {} }"#,
    ];
    for config in refused {
        assert!(!is_valid(config), "{config}");
        assert!(
            configure::<ConsentRules>(config, &names()).is_err(),
            "{config}"
        );
    }
}

#[test]
fn the_manifest_says_what_the_plugin_is() {
    let manifest = manifest::<ConsentRules>();
    assert_eq!(manifest.name, "recording-policy");
    assert!(manifest.reads["recording-policy"].is_empty());
    assert_eq!(manifest.reasons.len(), 13);
}

#[test]
fn golden_vectors() {
    let config = compile::<ConsentRules>(EXAMPLE, &names());
    let plugin = plugin(EXAMPLE);
    let on = |queue, mut facts: RecordingFacts| {
        facts.contact.queue = names().queue(queue);
        facts
    };
    let vectors = [
        ("starts unless refused", at(Connected, Off, Unknown)),
        ("refused", at(Connected, Off, Refused)),
        (
            "waits for consent",
            on("sales", at(Connected, Off, Unknown)),
        ),
        ("agreed", on("sales", at(ConsentChanged, Off, Given))),
        ("refused later", at(ConsentChanged, Active, Refused)),
        ("by law", by_law(on("billing", at(Connected, Off, Refused)))),
        ("payment", at(PaymentStarted, Active, Given)),
        ("payment over", at(PaymentEnded, Paused, Given)),
        (
            "asked to stop, by law",
            by_law(on("billing", at(AskedStop, Active, Given))),
        ),
        (
            "asked to pause",
            on("billing", at(AskedPause, Active, Given)),
        ),
    ];
    let vectors = vectors.map(|(name, facts)| {
        let facts = facts.pack();
        let verdict = cordboard_plugin::recording_policy::decide(&plugin, &facts);
        Vector {
            name,
            facts,
            verdict,
        }
    });
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/golden.json");
    check_golden(file.as_ref(), &config, &vectors);
}
