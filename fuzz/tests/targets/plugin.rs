//! What plugins say: verdicts on the facts of the same question, manifests, components.
//!
//! The first byte is a decision point (0 to 4), `M` for a manifest or `C` for the bytes of a component. For a decision point there
//! follow the number of rows, the columns, the number of requirements, of labels and of declared reasons, one byte each, and the words
//! of the verdict, four bytes each.

use cordboard_core::ids::{
    AgentId, CallId, Millis, PluginId, QuestionId, QueueId, ResourceAccountId, SkillId, Symbol,
};
use cordboard_core::question::{
    Advice, AgentRow, Ask, CallerKind, ClassifyFacts, Consent, ContactFacts, ContactSelectFacts,
    EndpointKind, EndpointRow, EndpointSelectFacts, Facts, MEMO_MAX, QueueRow, Ranked, Reach,
    RecordingFactState, RecordingFacts, RecordingMoment, Requirement, SkillMatchFacts,
};
use cordboard_plugin_host::{Point, fuzzing};
use std::collections::BTreeSet;

/// Words of the facts that tell where a section begins, and how long it is.
const MEMO_AT: usize = 6;
const ROWS_AT: usize = 7;
const ROWS: usize = 8;
const ROW_WORDS: usize = 9;

/// The largest component that is looked into.
const COMPONENT_BYTES_MAX: u64 = 1 << 20;

pub(crate) fn run(bytes: &[u8]) {
    match bytes.split_first() {
        Some((b'M', rest)) => manifest(super::text(rest)),
        Some((b'C', rest)) => {
            if let Err(error) = fuzzing::inspect(rest, COMPONENT_BYTES_MAX) {
                assert!(!error.to_string().is_empty());
            }
        }
        Some((point, rest)) => verdict(usize::from(*point), rest),
        None => {}
    }
}

fn manifest(text: &str) {
    match fuzzing::read_manifest(text, &Point::ALL) {
        Ok(manifest) => {
            let again = serde_json::to_string(&manifest).unwrap();
            assert_eq!(
                fuzzing::read_manifest(&again, &Point::ALL).unwrap(),
                manifest
            );
            assert!(
                manifest
                    .reasons
                    .keys()
                    .all(|code| (1..=1_023).contains(code))
            );
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
    }
}

fn verdict(point: usize, bytes: &[u8]) {
    let Some((&[rows, columns, requirements, labels, reasons], words)) = bytes.split_first_chunk()
    else {
        return;
    };
    let point = Point::ALL[point % Point::ALL.len()];
    let ask = ask(point, rows, requirements, labels);
    // A manifest can name the columns of its point, the first is always one of them.
    let known = point.columns().len();
    let columns = if known == 0 {
        0
    } else {
        (u32::from(columns) % (1 << known)) | 1
    };
    let packed = fuzzing::pack(&ask, columns);
    let word = |at: usize| usize::try_from(packed[at]).unwrap();
    assert!(word(ROWS_AT) + word(ROWS) * word(ROW_WORDS) <= packed.len());
    assert!(word(MEMO_AT) <= packed.len());

    let (words, _) = words.as_chunks::<4>();
    let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let declared: Vec<u32> = (1..=u32::from(reasons)).collect();
    let Ok((advice, memo)) = fuzzing::read_verdict(point, &packed, &words, &declared) else {
        return;
    };
    assert!(memo.is_none_or(|memo| memo.len() <= MEMO_MAX));
    let rows = packed[ROWS];
    let is_declared = |reason: u32| reason <= u32::from(reasons);
    match advice {
        None => {}
        Some(Advice::SkillMatch(ranking)) => {
            assert_eq!(point, Point::SkillMatch);
            check_ranking(&ranking, rows, is_declared);
        }
        Some(Advice::ContactSelect(ranking)) => {
            assert_eq!(point, Point::ContactSelect);
            check_ranking(&ranking, rows, is_declared);
        }
        Some(Advice::EndpointSelect(rings)) => {
            assert_eq!(point, Point::EndpointSelect);
            let named: BTreeSet<u32> = rings.iter().map(|ring| ring.endpoint).collect();
            assert_eq!(named.len(), rings.len());
            assert!((1..=16).contains(&rings.len()));
            assert!(named.iter().all(|endpoint| *endpoint < rows));
            assert!(rings.is_sorted_by_key(|ring| ring.stage));
            let in_range = |ring: Millis| (1_000..=120_000).contains(&ring.0);
            assert!(
                rings
                    .iter()
                    .all(|ring| ring.stage < 8 && in_range(ring.ring))
            );
        }
        Some(Advice::RecordingPolicy(advice)) => {
            assert_eq!(point, Point::RecordingPolicy);
            assert!(advice.retention_days <= 36_500 && is_declared(advice.reason));
        }
        Some(Advice::Classify(advice)) => {
            assert_eq!(point, Point::Classify);
            assert!(advice.queue < rows && is_declared(advice.reason));
            assert!((-1_000..=1_000).contains(&advice.priority));
            assert!(advice.requirements.len() <= 8);
            let in_range = |of: &Requirement| (1..=100).contains(&of.minimum);
            assert!(advice.requirements.iter().all(in_range));
        }
    }
}

fn check_ranking(ranking: &[Ranked], rows: u32, is_declared: impl Fn(u32) -> bool) {
    let named: BTreeSet<u32> = ranking.iter().map(|row| row.index).collect();
    assert_eq!(named.len(), ranking.len());
    assert!(named.iter().all(|index| *index < rows));
    assert!(ranking.iter().all(|row| is_declared(row.reason)));
}

fn ask(point: Point, rows: u8, requirements: u8, labels: u8) -> Ask {
    let label = |number: u8| (Symbol(u32::from(number)), Symbol(7));
    let contact = ContactFacts {
        call: CallId(5_000_000_000),
        queue: QueueId(Symbol(1)),
        waited: Millis(90_000),
        priority: -3,
        attempt: 1,
        labels: (0..labels).map(label).collect(),
    };
    let agent = |number: u8| AgentRow {
        agent: AgentId(Symbol(u32::from(number))),
        idle: Millis(u64::from(number) << 30),
        group_order: 0,
        contacts_handled: 4,
    };
    let requirement = |number: u8| Requirement {
        skill: SkillId(Symbol(u32::from(number))),
        minimum: 50,
        required: number.is_multiple_of(2),
        expires_after: None,
    };
    let facts = match point {
        Point::SkillMatch => Facts::SkillMatch(SkillMatchFacts {
            contact,
            requirements: (0..requirements).map(requirement).collect(),
            candidates: (0..rows).map(agent).collect(),
            levels: vec![60; usize::from(rows) * usize::from(requirements)],
        }),
        Point::ContactSelect => Facts::ContactSelect(ContactSelectFacts {
            agent: agent(0),
            contacts: vec![contact; usize::from(rows)],
        }),
        Point::EndpointSelect => {
            let row = EndpointRow {
                kind: EndpointKind::Pstn,
                reach: Reach::Busy,
                answered_last: true,
            };
            Facts::EndpointSelect(EndpointSelectFacts {
                contact,
                agent: AgentId(Symbol(3)),
                endpoints: vec![row; usize::from(rows)],
            })
        }
        Point::RecordingPolicy => Facts::RecordingPolicy(RecordingFacts {
            contact,
            moment: RecordingMoment::Connected,
            consent: Consent::Unknown,
            legally_required: true,
            state: RecordingFactState::Off,
        }),
        Point::Classify => {
            let row = |number: u8| QueueRow {
                queue: QueueId(Symbol(u32::from(number))),
                waiting: 2,
                open: true,
                staffed: number.is_multiple_of(2),
            };
            Facts::Classify(ClassifyFacts {
                contact,
                line: ResourceAccountId(Symbol(9)),
                digit: Some('1'),
                consent: Consent::Given,
                caller: CallerKind::TeamsUser,
                queues: (0..rows).map(row).collect(),
            })
        }
    };
    Ask {
        question: QuestionId(1),
        call: CallId(1),
        plugin: PluginId(Symbol(0)),
        now: 1_774_000_000_000,
        seed: 9,
        memo: vec![1, 2, 3, 4],
        facts,
    }
}
