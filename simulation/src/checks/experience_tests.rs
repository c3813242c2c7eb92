//! Each check of what is told and experienced fires.

use super::tests::{
    ANNA, CALL, call_ended, caller, config, fails, fired, heard, issued, moment, offer_ended,
    prompt, received, ring, voice,
};
use super::*;
use cordboard_core::event::OfferOutcome;
use cordboard_core::ids::{ConnectionId, Symbol};
use cordboard_core::question::EndpointKind;
use cordboard_simulator::ledger::{
    CallerRecord, EndedBy, EndpointRecord, Heard, Ledger, Left, RingRecord, Sound, VoiceKind,
};
use cordboard_simulator::script::{RawId, Role};

fn tell(checks: &mut Checks, at_ms: u64, event: &Event) {
    checks.clock_ms = at_ms;
    let sequence = checks.events.len() as u64 + 1;
    checks.event(EventCursor { sequence, index: 1 }, event);
    checks.by_rules(&config(), event);
}

fn told(events: &[(u64, Event)]) -> Vec<&'static str> {
    let mut checks = Checks::default();
    for (at_ms, event) in events {
        tell(&mut checks, *at_ms, event);
    }
    fired(&checks)
}

#[test]
fn a_call_begins_once_before_all_else_and_ends() {
    let answered = || (1, Event::CallAnswered { call: CALL });
    assert_eq!(told(&[(1, received(1)), answered()]), [""; 0]);
    assert_eq!(told(&[answered()]), ["call-in-order"]);
    assert_eq!(
        told(&[(1, received(1)), (2, received(1))]),
        ["call-in-order"]
    );
    let mut checks = Checks::default();
    tell(&mut checks, 1, &received(1));
    checks.quiet(&config(), &Tenant::new());
    assert_eq!(fired(&checks), ["call-in-order"]);
}

#[test]
fn only_who_is_ready_is_reserved() {
    let state = |state| (1, Event::AgentChanged { agent: ANNA, state });
    let reserved = || state(AgentStatus::Reserved);
    assert_eq!(told(&[state(AgentStatus::Ready), reserved()]), [""; 0]);
    assert_eq!(
        told(&[state(AgentStatus::WrapUp), reserved()]),
        ["reserved-when-ready"]
    );
}

/// An offer of the simulation's own contact centre.
fn offered(agent: &str, queue: &str, waited_ms: u64) -> Vec<&'static str> {
    let config = config();
    let find = |name| config.symbols.find(name).unwrap();
    let Event::OfferIssued { mut context, .. } = issued(1) else {
        return Vec::new();
    };
    context.insert("waited-ms".to_owned(), waited_ms.to_string());
    let issued = Event::OfferIssued {
        offer: tests::offer(1),
        agent: AgentId(find(agent)),
        queue: QueueId(find(queue)),
        context,
        expires_at: 0,
    };
    told(&[(1, received(1)), (2, issued)])
}

#[test]
fn an_offer_goes_to_somebody_who_can_serve_the_caller_by_then() {
    assert_eq!(offered("anna", "sales", 0), [""; 0]);
    // Without German for as long as that is required.
    assert_eq!(offered("anna", "support", 9_999), ["offer-fits"]);
    assert_eq!(offered("anna", "support", 10_000), [""; 0]);
    // In a group that joins in later.
    assert_eq!(offered("hugo", "sales", 14_999), ["offer-fits"]);
    assert_eq!(offered("hugo", "sales", 15_000), [""; 0]);
}

#[test]
fn who_declines_a_caller_is_not_offered_them_again() {
    let config = config();
    let declines = |call: u64| {
        let mut checks = Checks::default();
        tell(&mut checks, 1, &received(1));
        tell(&mut checks, 1, &received(2));
        tell(&mut checks, 2, &issued(1));
        tell(&mut checks, 3, &offer_ended(1, OfferOutcome::Declined));
        checks.found.clear();
        checks.by_rules(&config, &issued(call));
        fired(&checks).contains(&"declined-once")
    };
    assert!(declines(1));
    assert!(!declines(2));
}

#[test]
fn nobody_waits_for_longer_than_their_queue_lets_them() {
    let sales = QueueId(config().symbols.find("sales").unwrap());
    let waits = |offer_ended_ms: Option<u64>, back_ms: Option<u64>, left_ms: u64| {
        let mut checks = Checks::default();
        tell(&mut checks, 0, &received(1));
        let queued = Event::CallQueued {
            call: CALL,
            queue: sales,
            position: 1,
        };
        tell(&mut checks, 1_000, &queued);
        if let Some(at_ms) = offer_ended_ms {
            tell(&mut checks, at_ms - 9_000, &issued(1));
            tell(&mut checks, at_ms, &offer_ended(1, OfferOutcome::Failed));
        }
        checks.outages.extend(back_ms.map(|ms| (ms - 1, Some(ms))));
        checks.found.clear();
        tell(&mut checks, left_ms, &call_ended());
        fired(&checks)
    };
    assert_eq!(waits(None, None, 122_000), [""; 0]);
    assert_eq!(waits(None, None, 130_000), ["wait-bounded"]);
    assert_eq!(waits(Some(129_000), None, 130_000), [""; 0]);
    assert_eq!(waits(None, Some(100_000), 161_000), [""; 0]);
    assert_eq!(waits(None, Some(500), 161_000), ["wait-bounded"]);
}

// ---- what everybody experienced ----

/// Their calls are one, in a conversation from 20 s on, and over at 60 s.
struct Story {
    checks: Checks,
    caller: CallerRecord,
    rings: Vec<RingRecord>,
}

fn talk() -> Vec<Heard> {
    vec![heard(20_000, 60_000, voice(VoiceKind::Agent))]
}

impl Story {
    fn new(sounds: Vec<Heard>) -> Self {
        let mut checks = Checks::default();
        tell(&mut checks, 1_000, &received(1));
        let connected = Event::CallConnected {
            call: CALL,
            agent: anna(),
            endpoint: Some(EndpointKind::TeamsClient),
        };
        tell(&mut checks, 20_000, &connected);
        let mut ring = ring("call", 15_000, 20_000);
        ring.heard = vec![heard(20_000, 60_000, voice(VoiceKind::Caller))];
        ring.left = Some(left(60_000));
        Self {
            checks,
            caller: caller(sounds, EndedBy::Party),
            rings: vec![ring],
        }
    }

    fn astray(mut self, at_ms: u64, what: &str) -> Self {
        fails(&mut self.checks, "call", at_ms, what, "broken");
        self
    }

    fn ends(mut self, at_ms: u64) -> Self {
        tell(&mut self.checks, at_ms, &call_ended());
        self
    }

    fn judged(mut self) -> Vec<&'static str> {
        self.checks.found.clear();
        let ledger = Ledger {
            at: moment(1_000_000),
            callers: vec![self.caller],
            endpoints: vec![EndpointRecord {
                identifier: RawId::new("8:orgid:anna"),
                person: "anna".to_owned(),
                role: Role::Agent,
                rings: self.rings,
            }],
            ..Ledger::default()
        };
        let connections = BTreeMap::from([(CALL, "call".to_owned())]);
        self.checks
            .ledger(&config(), &ledger, &BTreeMap::new(), &connections);
        fired(&self.checks)
    }
}

fn anna() -> AgentId {
    AgentId(config().symbols.find("anna").unwrap())
}

fn left(at_ms: u64) -> Left {
    Left {
        at_ms,
        by: EndedBy::Others,
    }
}

fn music(from_ms: u64, to_ms: u64) -> Heard {
    let what = Sound::Prompt {
        uri: "music".to_owned(),
        repeats: true,
    };
    heard(from_ms, to_ms, what)
}

#[test]
fn an_ordinary_call_passes() {
    assert_eq!(Story::new(talk()).ends(60_100).judged(), [""; 0]);
}

#[test]
fn a_caller_hears_something_again() {
    let silent = |to_ms| {
        let mut sounds = vec![heard(5_000, to_ms, Sound::Silence)];
        sounds.extend(talk());
        Story::new(sounds).ends(60_100)
    };
    assert_eq!(silent(14_000).judged(), [""; 0]);
    assert_eq!(silent(16_000).judged(), ["silence"]);
    assert_eq!(silent(16_000).astray(6_000, "play").judged(), [""; 0]);
    assert_eq!(silent(16_000).astray(16_500, "play").judged(), ["silence"]);
    assert_eq!(silent(80_000).astray(6_000, "play").judged(), ["silence"]);
    // Without a look nothing can be mended.
    let looked = silent(80_000).astray(6_000, "list participants");
    assert_eq!(looked.judged(), [""; 0]);
}

#[test]
fn the_end_of_a_call_is_noticed_and_is_the_end() {
    let over = |at_ms| Story::new(talk()).ends(at_ms);
    assert_eq!(over(59_000).judged(), ["over-is-over"]);
    assert_eq!(over(64_000).judged(), [""; 0]);
    assert_eq!(over(70_000).judged(), ["end-noticed"]);
    let lost = |at_ms| over(at_ms).astray(60_010, "CallDisconnected");
    assert_eq!(lost(300_000).judged(), [""; 0]);
    assert_eq!(lost(500_000).judged(), ["end-noticed"]);
}

#[test]
fn a_call_that_is_hung_up_ends() {
    let hung_up = |at_ms: u64| {
        let mut story = Story::new(talk());
        story.checks.clock_ms = at_ms;
        let connection = ConnectionId("call".to_owned());
        let command = CommandId {
            call: CALL,
            sequence: 9,
        };
        let terminate = Operation::Terminate { connection };
        story.checks.command_starts(command, &terminate);
        story.ends(60_100)
    };
    assert_eq!(hung_up(59_000).judged(), [""; 0]);
    assert_eq!(hung_up(50_000).judged(), ["hung-up"]);
    assert_eq!(
        hung_up(50_000).astray(50_100, "terminate").judged(),
        [""; 0]
    );
}

#[test]
fn nobody_stays_behind_in_a_call() {
    let stays = |left: Option<Left>| {
        let mut story = Story::new(talk()).ends(60_100);
        for ring in &mut story.rings {
            ring.left = left;
        }
        story
    };
    assert_eq!(stays(Some(left(62_000))).judged(), [""; 0]);
    assert_eq!(stays(Some(left(70_000))).judged(), ["leg-left"]);
    let astray = |at_ms| stays(Some(left(at_ms))).astray(60_000, "ParticipantsUpdated");
    assert_eq!(astray(300_000).judged(), [""; 0]);
    assert_eq!(astray(500_000).judged(), ["leg-left"]);
    assert_eq!(
        stays(None).astray(60_000, "terminate").judged(),
        ["leg-left"]
    );
}

#[test]
fn an_agent_who_is_in_no_call_is_let_go() {
    let withheld = |to_ms| {
        let mut story = Story::new(talk());
        tell(
            &mut story.checks,
            15_000,
            &Event::OfferIssued {
                offer: tests::offer(1),
                agent: anna(),
                queue: QueueId(Symbol(0)),
                context: BTreeMap::new(),
                expires_at: 0,
            },
        );
        story.checks.withheld.note(30_000, anna(), true);
        story.checks.withheld.note(to_ms, anna(), false);
        story.ends(60_100)
    };
    assert_eq!(withheld(170_000).judged(), [""; 0]);
    assert_eq!(withheld(190_000).judged(), ["let-go"]);
    let late = |at_ms| withheld(190_000).astray(at_ms, "remove participant");
    assert_eq!(
        late(80_000).judged(),
        ["let-go"],
        "the call was over before"
    );
    let mut unknown = withheld(190_000);
    unknown.checks.told.insert(CALL, Default::default());
    let fired = unknown.astray(80_000, "remove participant").judged();
    assert!(!fired.contains(&"let-go"), "{fired:?}");
}

#[test]
fn no_agent_hears_music_nor_a_caller_in_a_conversation() {
    let mut story = Story::new(talk()).ends(60_100);
    for ring in &mut story.rings {
        ring.heard.push(music(60_000, 60_010));
    }
    assert_eq!(story.judged(), ["agent-hears-music"]);
    let caller = |sound: Heard| {
        let mut sounds = vec![sound];
        sounds.extend(vec![heard(40_000, 60_000, voice(VoiceKind::Agent))]);
        Story::new(sounds)
    };
    let ended = |story: Story| story.ends(60_100).judged();
    assert_eq!(ended(caller(music(2_000, 24_000))), [""; 0]);
    assert_eq!(ended(caller(music(2_000, 40_000))), ["music-under-talk"]);
    assert_eq!(ended(caller(heard(20_000, 40_000, prompt()))), [""; 0]);
    let failed = caller(music(2_000, 40_000)).astray(21_000, "cancel all media");
    assert_eq!(ended(failed), [""; 0]);
    let mut on_hold = caller(music(21_000, 40_000));
    let hold = |on_hold| Event::HoldChanged {
        call: CALL,
        on_hold,
    };
    tell(&mut on_hold.checks, 20_900, &hold(true));
    tell(&mut on_hold.checks, 40_100, &hold(false));
    assert_eq!(ended(on_hold), [""; 0]);
}

/// Whoever is answered by a request whose response is lost is known by an event alone.
#[test]
fn a_caller_of_whom_nothing_could_be_heard_is_nobody_s_fault() {
    let alone = |lost: &[&str]| {
        let mut checks = Checks::default();
        tell(&mut checks, 1_000, &received(1));
        let mut story = Story {
            checks,
            caller: caller(vec![heard(2_000, 60_000, Sound::Silence)], EndedBy::Party),
            rings: Vec::new(),
        };
        for what in lost {
            let fault = if *what == "answer" {
                "answer_lost"
            } else {
                "callback_lost"
            };
            fails(&mut story.checks, "call", 2_000, what, fault);
        }
        story.ends(50_000).judged()
    };
    let all = ["answer", "CallConnected", "ParticipantsUpdated"];
    assert_eq!(alone(&all), [""; 0]);
    let told = ["fate-allowed", "over-is-over"];
    for index in 0..all.len() {
        let mut lost = all.to_vec();
        lost.remove(index);
        assert_eq!(alone(&lost), told, "{lost:?}");
    }
}
