//! The checks can fail: each mistake that is put into the core is found within a thousand calls.

use cordboard_core::seeded_bugs::{Bug, make};
use cordboard_simulation::{CALLS_PER_BATCH, Centre, Plan, play, shrink};

const SEED: u64 = 4;
/// Of a run in which the service refuses nearly everything for minutes.
const SPELLS_SEED: u64 = 39;
const CALLS_MAX: u32 = 1_000;

/// The checks that fire within a thousand calls.
fn fired(bug: Option<Bug>) -> anyhow::Result<Vec<&'static str>> {
    let centre = Centre::new()?;
    make(bug);
    let mut fired = Vec::new();
    for batch in 0..CALLS_MAX / CALLS_PER_BATCH {
        let plan = Plan::draw(
            centre.config(),
            SEED,
            u64::from(batch),
            CALLS_PER_BATCH,
            true,
        );
        let played = play(&centre, &plan)?;
        fired.extend(played.violations.iter().map(|violation| violation.check));
    }
    make(None);
    Ok(fired)
}

#[test]
fn a_sound_core_passes() {
    assert_eq!(fired(None).unwrap(), [""; 0]);
}

#[test]
fn a_core_that_acts_on_late_verdicts_is_caught() {
    assert!(
        fired(Some(Bug::LateVerdicts))
            .unwrap()
            .contains(&"quiet-end")
    );
}

#[test]
fn a_core_that_knows_no_repeated_events_is_caught() {
    assert!(
        fired(Some(Bug::RepeatedEvents))
            .unwrap()
            .contains(&"taken-once"),
        "{:?}",
        fired(Some(Bug::RepeatedEvents))
    );
}

#[test]
fn a_core_that_reserves_no_agent_is_caught() {
    assert!(
        fired(Some(Bug::NoReservation))
            .unwrap()
            .contains(&"agent-fits-calls")
    );
}

#[test]
fn a_core_that_lets_go_of_nobody_is_caught() {
    let fired = fired(Some(Bug::NeverLetsGo)).unwrap();
    assert!(fired.contains(&"let-go"), "{fired:?}");
}

/// Only when many requests fail one after the other is a call hung up three times in vain.
#[test]
fn a_core_that_hangs_up_three_times_at_most_is_caught_by_spells_alone() {
    let centre = Centre::new().unwrap();
    make(Some(Bug::HangsUpThrice));
    let mut fired = [Vec::new(), Vec::new()];
    for batch in 0..CALLS_MAX / CALLS_PER_BATCH {
        let number = u64::from(batch);
        let mut plan = Plan::draw(centre.config(), SPELLS_SEED, number, CALLS_PER_BATCH, true);
        for fired in &mut fired {
            let played = play(&centre, &plan).unwrap();
            fired.extend(played.violations.iter().map(|violation| violation.check));
            plan.spells.clear();
        }
    }
    make(None);
    let [with_spells, without] = fired;
    assert!(with_spells.contains(&"over-is-over"), "{with_spells:?}");
    assert_eq!(without, [""; 0]);
}

#[test]
fn a_plan_that_fails_is_made_small() {
    const CALLS: u32 = 60;
    const CHECK: &str = "agent-fits-calls";
    let centre = Centre::new().unwrap();
    make(Some(Bug::NoReservation));
    let plan = Plan::draw(centre.config(), SEED, 0, CALLS, true);
    let (small, played) = shrink(&centre, &plan, CHECK).unwrap();
    make(None);
    assert!(small.callers.len() <= 2, "{small:?}");
    assert_eq!(small.crashes, [0; 0]);
    assert_eq!(small.spells, []);
    assert!(played.violations.iter().any(|found| found.check == CHECK));
    // What the program prints is what it reads with `--script`.
    let text = serde_json::to_string(&small).unwrap();
    let again: Plan = serde_json::from_str(&text).unwrap();
    make(Some(Bug::NoReservation));
    assert_eq!(play(&centre, &again).unwrap().hash, played.hash);
    make(None);
}

/// The violations of a core that panics, but for those that tell that it did; and how many did.
fn beside_panics(bug: Bug) -> anyhow::Result<(usize, Vec<String>)> {
    let centre = Centre::new()?;
    make(Some(bug));
    let mut panics = 0;
    let mut others = Vec::new();
    for batch in 0..CALLS_MAX / CALLS_PER_BATCH {
        let plan = Plan::draw(
            centre.config(),
            SEED,
            u64::from(batch),
            CALLS_PER_BATCH,
            true,
        );
        for violation in play(&centre, &plan)?.violations {
            let heard_message = violation.detail.contains("engine.test/closed");
            if violation.check == "no-panic" {
                panics += 1;
            } else if violation.check != "fate-allowed" || !heard_message {
                // Of an exit's message that played, the event may be the one that is skipped.
                others.push(format!("batch {batch}: {violation:?}"));
            }
        }
    }
    make(None);
    Ok((panics, others))
}

/// The driver skips each input that the core panics at, and the calls go on.
#[test]
fn a_core_that_panics_loses_no_call() {
    let (panics, others) = beside_panics(Bug::Panics).unwrap();
    assert!(panics > 100, "{panics}");
    assert_eq!(others, [""; 0]);
}

/// The driver sets each call aside over which the core panics, and takes the input again without it.
#[test]
fn a_core_that_panics_over_other_calls_than_the_input_is_about_loses_no_call() {
    let (panics, mut others) = beside_panics(Bug::PanicsOverOthers).unwrap();
    // Whoever was set aside is offered to nobody, in whatever queue the exit leads to.
    others.retain(|violation| !violation.contains("work-conserved") || !is_set_aside(violation));
    assert!(panics > 50, "{panics}");
    assert_eq!(others, [""; 0]);
}

fn is_set_aside(violation: &str) -> bool {
    let call = violation.split("call ").nth(1);
    let number = call.and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
    number.is_some_and(|number| number.is_multiple_of(4))
}
