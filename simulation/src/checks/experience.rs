//! What everybody experienced, as the simulated service knows it: not what the engine believes.

use super::Checks;
use crate::excuses::{About, Astray, Case};
use cordboard_core::Config;
use cordboard_core::ids::CallId;
use cordboard_simulator::ledger::{CallerRecord, Ledger, RingRecord, Sound, Span, VoiceKind};
use cordboard_simulator::script::Role;
use std::collections::BTreeMap;

/// A caller hears something again within this time, in milliseconds, unless something goes wrong in their call.
const SILENCE_MS: u64 = 10_000;
/// Requests and events take this long at most between engine and service, and a slow disk in between.
const PROMPT_MS: u64 = 5_000;
/// What has gone wrong in a call shows for so long at most: the engine waits for an event, looks, and tries again.
const RECOVERS_MS: u64 = 60_000;
/// An answer of which nothing was heard is sent again within this time, and heard of.
const ANSWERED_AGAIN_MS: u64 = 40_000 + 45_000;
/// Calls that say nothing are asked about after five minutes in this configuration, and the look takes a while.
const AUDIT_MS: u64 = 300_000 + 45_000;
/// The requests that tell whether a call lives and who is in it.
const LOOKS: [&str; 2] = ["list participants", "get call"];
/// An agent of whom the service has let go is offered calls again at the latest after this time.
const LET_GO_MS: u64 = 120_000;

impl Checks {
    /// Looks at what everybody experienced.
    pub(crate) fn ledger(
        &mut self,
        config: &Config,
        ledger: &Ledger,
        callers: &BTreeMap<CallId, String>,
        connections: &BTreeMap<CallId, String>,
    ) {
        self.calls = connections
            .iter()
            .map(|(call, connection)| (connection.clone(), *call))
            .collect();
        let mut calls: BTreeMap<&str, Vec<CallId>> = BTreeMap::new();
        for (call, name) in callers.iter().chain(connections) {
            calls.entry(name).or_default().push(*call);
        }
        let end_ms = ledger.at.at_ms;
        let dialled = ledger
            .callers
            .iter()
            .filter(|caller| caller.dialled.is_some() && caller.is_acknowledged());
        for caller in dialled {
            let fate = caller.fate(end_ms);
            if caller.allowed_fates.contains(&fate) {
                continue;
            }
            let names = [Some(caller.from.as_str()), caller.call.as_deref()];
            let of_caller: Vec<CallId> = names
                .into_iter()
                .flatten()
                .filter_map(|name| calls.get(name))
                .flatten()
                .copied()
                .collect();
            let mut astray = self.of_call(caller.call.as_deref());
            for call in &of_caller {
                astray.extend(
                    self.astray
                        .get(&About::Answer(*call))
                        .into_iter()
                        .flatten()
                        .cloned(),
                );
            }
            let case = Case {
                caller,
                calls: &of_caller,
                astray: &astray,
                acts: &self.acts,
                outages: &self.outages,
                hung_up_ms: of_caller
                    .iter()
                    .filter_map(|call| self.hang_ups.get(call))
                    .min()
                    .copied(),
                unheard: self.unheard(caller.call.as_deref()),
                end_ms,
            };
            if let Some(reason) = case.excuse(fate) {
                *self.excused.entry(reason).or_default() += 1;
                continue;
            }
            let heard: Vec<_> = caller.heard.iter().rev().take(4).rev().collect();
            let (name, call) = (&caller.name, &caller.call);
            let astray = listed(&astray);
            let detail = format!(
                "{name} is {fate:?}: {:?} {call:?}; heard last {heard:?}; astray: {astray}",
                caller.end
            );
            self.fail("fate-allowed", detail);
        }
        let answered_twice = ledger.figures().answered_twice;
        if answered_twice > 0 {
            self.fail("answered-once", format!("{answered_twice} times"));
        }
        for (caller, at_ms) in ledger.captured_cards() {
            self.fail("card-unrecorded", format!("{caller} types at {at_ms}"));
        }
        self.rings(ledger);
        self.silences(ledger);
        self.ends(ledger, connections);
        self.legs(ledger);
        self.music(ledger);
        self.let_go(config, ledger, connections);
    }

    fn of_call(&self, call: Option<&str>) -> Vec<Astray> {
        let about = call.map(|call| About::Call(call.to_owned()));
        let found = about.and_then(|about| self.astray.get(&about));
        found.cloned().unwrap_or_default()
    }

    /// What went wrong in a call.
    fn near(&self, connection: Option<&str>) -> Near<'_> {
        let mut about = Vec::new();
        if let Some(connection) = connection {
            about.push(About::Call(connection.to_owned()));
            about.extend(self.call_of(connection).map(About::Answer));
        }
        let astray = about.iter().filter_map(|about| self.astray.get(about));
        Near {
            astray: astray.flatten().collect(),
            outages: &self.outages,
        }
    }

    fn call_of(&self, connection: &str) -> Option<CallId> {
        self.calls.get(connection).copied()
    }

    /// Nobody told the engine over which connection a caller waits: each response to the answer was
    /// lost, or skipped where the core panics at it, and so was each event that names it. There is no request that would ask for it.
    fn unheard(&self, connection: Option<&str>) -> bool {
        self.unheard_until_ms(connection) == Some(u64::MAX)
    }

    /// The same, until the answer was sent again, as the same request, and its response was heard at last. It is sent again often
    /// enough for that.
    fn unheard_until_ms(&self, connection: Option<&str>) -> Option<u64> {
        let call = connection.and_then(|connection| self.call_of(connection));
        let told = call.and_then(|call| self.told.get(&call))?;
        let near = self.near(connection);
        let lost = |what: &str, faults: &[&str]| {
            let mut astray = near.astray.iter();
            astray.any(|astray| astray.what == what && faults.contains(&astray.fault))
        };
        let gone = ["callback_lost", "process down"];
        let unheard = lost("CallConnected", &gone)
            && lost("ParticipantsUpdated", &gone)
            && (lost("answer", &["broken_after", "answer_lost"]) || lost("an input", &["skipped"]));
        let answers = near.astray.iter().filter(|astray| astray.what == "answer");
        let last_ms = answers.map(|astray| astray.at_ms).max().unwrap_or_default();
        let heard_ms = told.answered_ms;
        unheard.then(|| heard_ms.map_or(u64::MAX, |at_ms| at_ms.min(last_ms + ANSWERED_AGAIN_MS)))
    }

    fn was_out(&self, from_ms: u64, to_ms: u64) -> bool {
        self.outages.iter().any(|(out_ms, back_ms)| {
            *out_ms < to_ms && back_ms.is_none_or(|back_ms| back_ms > from_ms)
        })
    }

    /// Nobody is rung for two calls, or while in conversation.
    fn rings(&mut self, ledger: &Ledger) {
        let end_ms = ledger.at.at_ms;
        let mut people: BTreeMap<&str, Vec<&RingRecord>> = BTreeMap::new();
        for endpoint in ledger
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.role == Role::Agent)
        {
            people
                .entry(&endpoint.person)
                .or_default()
                .extend(&endpoint.rings);
        }
        let mut found = Vec::new();
        for (person, mut rings) in people {
            rings.sort_by_key(|ring| ring.from_ms);
            for (index, one) in rings.iter().enumerate() {
                let one_end_ms = one.to_ms.unwrap_or(end_ms);
                for other in rings.iter().skip(index + 1) {
                    if other.call == one.call {
                        continue;
                    }
                    let both_ms = one_end_ms.saturating_sub(other.from_ms);
                    if both_ms > 0 {
                        found.push(("offered-once", person, *one, *other, both_ms));
                    }
                    let talked_ms: u64 = one
                        .heard
                        .iter()
                        .filter(|heard| is_caller(&heard.what))
                        .map(|heard| {
                            let to_ms = heard.to_ms.unwrap_or(end_ms);
                            let other_end_ms = other.to_ms.unwrap_or(end_ms);
                            to_ms
                                .min(other_end_ms)
                                .saturating_sub(heard.from_ms.max(other.from_ms))
                        })
                        .sum();
                    if talked_ms > 0 {
                        found.push(("rung-while-talking", person, *one, *other, talked_ms));
                    }
                }
            }
        }
        for (check, person, one, other, ms) in found {
            let astray = listed(&self.of_call(Some(&one.call)));
            let out = self.was_out(one.from_ms, other.from_ms);
            let detail = format!(
                "{person} for {ms} ms: {} at {} ({:?}, left {:?}), {} at {}; out {out}; astray: {astray}",
                one.call, one.from_ms, one.outcome, one.left, other.call, other.from_ms
            );
            self.fail(check, detail);
        }
    }

    /// No caller hears nothing for long, unless something goes wrong in their call, and then not for long afterwards.
    fn silences(&mut self, ledger: &Ledger) {
        let mut found = Vec::new();
        for caller in &ledger.callers {
            let unheard_ms = self.unheard_until_ms(caller.call.as_deref());
            let near = self.near(caller.call.as_deref());
            for heard in &caller.heard {
                let to_ms = heard.to_ms.unwrap_or(ledger.at.at_ms);
                let from_ms = heard.from_ms.max(unheard_ms.unwrap_or_default().min(to_ms));
                if heard.what == Sound::Silence
                    && near.lasts_too_long(
                        from_ms,
                        to_ms,
                        SILENCE_MS,
                        near.shows_ms(from_ms, to_ms),
                    )
                {
                    found.push((
                        "silence",
                        format!(
                            "{} hears nothing from {from_ms} to {to_ms}; {:?}; {near}",
                            caller.name, caller.call
                        ),
                    ));
                }
            }
        }
        self.fail_all(found);
    }

    /// The engine hears of the end of each call, and no call that is over for the engine goes on; a call that it hangs up ends.
    fn ends(&mut self, ledger: &Ledger, connections: &BTreeMap<CallId, String>) {
        let end_ms = ledger.at.at_ms;
        let callers: BTreeMap<&str, &CallerRecord> = ledger
            .callers
            .iter()
            .filter_map(|caller| Some((caller.call.as_deref()?, caller)))
            .collect();
        let mut found = Vec::new();
        for (call, connection) in connections {
            let Some(caller) = callers.get(connection.as_str()) else {
                continue;
            };
            let near = self.near(Some(connection));
            let gone_ms = caller.end.map_or(end_ms, |end| end.at_ms);
            let name = &caller.name;
            let Some(told) = self.told.get(call) else {
                continue;
            };
            let over_ms = told.ended_ms;
            let unheard = self.unheard(Some(connection));
            if !unheard && over_ms.is_some_and(|over_ms| over_ms < gone_ms) {
                let detail = format!(
                    "call {call} is over at {over_ms:?}, {name} is in it until {gone_ms}; {connection}; {near}"
                );
                found.push(("over-is-over", detail));
            }
            let over_ms = over_ms.unwrap_or(end_ms);
            if near.lasts_too_long(gone_ms, over_ms, PROMPT_MS, AUDIT_MS) {
                let detail = format!(
                    "{name} is gone at {gone_ms}, call {call} is over at {over_ms}; {connection}; {near}"
                );
                found.push(("end-noticed", detail));
            }
            if let Some(from_ms) = self.hang_ups.get(call)
                && near.lasts_too_long(*from_ms, gone_ms, PROMPT_MS, RECOVERS_MS)
            {
                let detail = format!(
                    "call {call} is hung up at {from_ms}, {name} is in it until {gone_ms}; {connection}; {near}"
                );
                found.push(("hung-up", detail));
            }
        }
        self.fail_all(found);
    }

    /// Whoever was rung for a call is not left in it without its caller.
    fn legs(&mut self, ledger: &Ledger) {
        let end_ms = ledger.at.at_ms;
        let callers: BTreeMap<&str, &CallerRecord> = ledger
            .callers
            .iter()
            .filter_map(|caller| Some((caller.call.as_deref()?, caller)))
            .collect();
        let mut found = Vec::new();
        for endpoint in &ledger.endpoints {
            for ring in &endpoint.rings {
                let Some(caller) = callers.get(ring.call.as_str()) else {
                    continue;
                };
                let near = self.near(Some(&ring.call));
                let gone_ms = caller.end.map_or(end_ms, |end| end.at_ms);
                let left_ms = over_ms(ring);
                let too_long = match left_ms {
                    None => true,
                    Some(left_ms) => near.lasts_too_long(gone_ms, left_ms, PROMPT_MS, AUDIT_MS),
                };
                if too_long {
                    let detail = format!(
                        "{} is in call {} until {left_ms:?}, {} is gone at {gone_ms}; {near}",
                        endpoint.person, ring.call, caller.name
                    );
                    found.push(("leg-left", detail));
                }
            }
        }
        self.fail_all(found);
    }

    /// Music is for callers who wait: no agent hears it, and no caller in a conversation.
    fn music(&mut self, ledger: &Ledger) {
        let end_ms = ledger.at.at_ms;
        let mut found = Vec::new();
        let mut present: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
        for endpoint in &ledger.endpoints {
            for ring in &endpoint.rings {
                let hears_music = ring.heard.iter().find(|heard| is_music(&heard.what));
                if let Some(heard) = hears_music {
                    let detail = format!("{} hears {heard:?} in {}", endpoint.person, ring.call);
                    found.push(("agent-hears-music", detail));
                }
                if endpoint.role == Role::Agent
                    && let Some(first) = ring.heard.first()
                {
                    let to_ms = over_ms(ring).unwrap_or(end_ms);
                    let of_call = present.entry(&ring.call).or_default();
                    of_call.push((first.from_ms, to_ms));
                }
            }
        }
        for caller in &ledger.callers {
            let Some(connection) = caller.call.as_deref() else {
                continue;
            };
            let told = self
                .call_of(connection)
                .and_then(|call| self.told.get(&call));
            let Some(told) = told else { continue };
            let near = self.near(Some(connection));
            let agents = present.get(connection).map_or(&[][..], Vec::as_slice);
            for heard in caller.heard.iter().filter(|heard| is_music(&heard.what)) {
                let (from_ms, to_ms) = (heard.from_ms, heard.to_ms.unwrap_or(end_ms));
                for talk in &told.talks {
                    for (joined_ms, left_ms) in agents {
                        let from_ms = from_ms.max(talk.from_ms).max(*joined_ms);
                        let to_ms = to_ms.min(talk.to_ms.unwrap_or(end_ms)).min(*left_ms);
                        let held = told
                            .holds
                            .iter()
                            .any(|hold| overlaps(*hold, from_ms, to_ms));
                        if !held && near.lasts_too_long(from_ms, to_ms, PROMPT_MS, RECOVERS_MS) {
                            let name = &caller.name;
                            let detail = format!(
                                "{name} talks and hears music from {from_ms} to {to_ms}; {connection}; {near}"
                            );
                            found.push(("music-under-talk", detail));
                        }
                    }
                }
            }
        }
        self.fail_all(found);
    }

    /// An agent is withheld from offers only as long as the service may ring them or have them in a call.
    fn let_go(&mut self, config: &Config, ledger: &Ledger, connections: &BTreeMap<CallId, String>) {
        let end_ms = ledger.at.at_ms;
        let mut found = Vec::new();
        for (agent, span) in self.withheld.spans() {
            let (from_ms, to_ms) = (span.from_ms, span.to_ms.unwrap_or(end_ms));
            if to_ms - from_ms <= LET_GO_MS {
                continue;
            }
            let person = config.symbols.name(agent.0);
            let rings = ledger
                .endpoints
                .iter()
                .filter(|endpoint| endpoint.person == person)
                .flat_map(|endpoint| &endpoint.rings);
            let mut free_ms = from_ms;
            for ring in rings.filter(|ring| ring.from_ms < to_ms) {
                free_ms = free_ms.max(over_ms(ring).unwrap_or(end_ms));
            }
            // Of all calls that were offered to them until then: in one of them something may still be unknown.
            for call in self.offered.get(&agent).into_iter().flatten() {
                let near = self.near(connections.get(call).map(String::as_str));
                let ended_ms = self.told.get(call).and_then(|told| told.ended_ms);
                let until_ms = ended_ms.unwrap_or(end_ms).min(to_ms);
                if until_ms >= from_ms {
                    free_ms = free_ms.max(near.last_ms(from_ms, until_ms).unwrap_or_default());
                }
            }
            if to_ms > free_ms.saturating_add(LET_GO_MS) {
                let detail = format!(
                    "{person} is offered nothing from {from_ms} to {to_ms}, and is in no call since {free_ms}"
                );
                found.push(("let-go", detail));
            }
        }
        self.fail_all(found);
    }

    fn fail_all(&mut self, found: Vec<(&'static str, String)>) {
        for (check, detail) in found {
            self.fail(check, detail);
        }
    }
}

/// What went wrong in a call, and when the engine was not there.
struct Near<'a> {
    astray: Vec<&'a Astray>,
    outages: &'a [(u64, Option<u64>)],
}

impl Near<'_> {
    /// When the last thing was over that went wrong between these moments, or shortly before them.
    fn last_ms(&self, from_ms: u64, to_ms: u64) -> Option<u64> {
        let from_ms = from_ms.saturating_sub(RECOVERS_MS);
        let lasted = |began_ms: u64, over_ms: u64| began_ms <= to_ms && over_ms >= from_ms;
        let astray = self
            .astray
            .iter()
            .filter(|astray| lasted(astray.at_ms, astray.until_ms))
            .map(|astray| astray.until_ms);
        let outages = self
            .outages
            .iter()
            .map(|(out_ms, back_ms)| (*out_ms, back_ms.unwrap_or(u64::MAX)))
            .filter(|(out_ms, back_ms)| lasted(*out_ms, *back_ms))
            .map(|(_, back_ms)| back_ms);
        astray.chain(outages).max()
    }

    /// How long what has gone wrong shows: longer when the engine could not look who is in the call, for it does so less and
    /// less often then.
    fn shows_ms(&self, from_ms: u64, to_ms: u64) -> u64 {
        let looked_in_vain = self.astray.iter().any(|astray| {
            LOOKS.contains(&astray.what.as_str())
                && astray.at_ms <= to_ms
                && astray.until_ms + RECOVERS_MS >= from_ms
        });
        if looked_in_vain {
            AUDIT_MS
        } else {
            RECOVERS_MS
        }
    }

    /// Whether something lasts for longer than `healthy_ms` and nothing has gone wrong, or for longer than `recovers_ms`
    /// after the last thing that has.
    fn lasts_too_long(&self, from_ms: u64, to_ms: u64, healthy_ms: u64, recovers_ms: u64) -> bool {
        if to_ms <= from_ms.saturating_add(healthy_ms) {
            return false;
        }
        self.last_ms(from_ms, to_ms)
            .is_none_or(|last_ms| to_ms > last_ms.max(from_ms).saturating_add(recovers_ms))
    }
}

impl std::fmt::Display for Near<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "astray: {}", listed(self.astray.iter().copied()))
    }
}

/// When an invitation and what came of it was over.
fn over_ms(ring: &RingRecord) -> Option<u64> {
    match (ring.left, ring.heard.is_empty()) {
        (Some(left), _) => Some(left.at_ms),
        (None, true) => ring.to_ms,
        (None, false) => None,
    }
}

fn is_music(sound: &Sound) -> bool {
    matches!(sound, Sound::Prompt { repeats: true, .. })
}

fn overlaps(span: Span, from_ms: u64, to_ms: u64) -> bool {
    span.from_ms < to_ms && span.to_ms.is_none_or(|end_ms| end_ms > from_ms)
}

fn listed<'a>(astray: impl IntoIterator<Item = &'a Astray>) -> String {
    let astray: Vec<String> = astray.into_iter().map(Astray::to_string).collect();
    astray.join(", ")
}

fn is_caller(sound: &Sound) -> bool {
    matches!(
        sound,
        Sound::Voice {
            kind: VoiceKind::Caller,
            ..
        }
    )
}
